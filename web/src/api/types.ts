/** The API's forms under the names the page uses, taken from the generated paths (not from component names). */

import type { paths } from './schema';

type Json<Reply> = Reply extends { content: { 'application/json': infer Body } } ? Body : never;
type Get<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: infer Reply } };
}
  ? Json<Reply>
  : never;

export type Principal = Get<'/api/v1/me'>;
export type Models = Get<'/api/v1/models'>;
export type KnowledgeBase = Get<'/api/v1/knowledge-bases'>['items'][number];
export type DocumentPage = Get<'/api/v1/knowledge-bases/{knowledge_base}/documents'>;
export type DocumentItem = DocumentPage['items'][number];
export type DocumentStatus = DocumentItem['status'];
export type Batch = Get<'/api/v1/batches/{batch_id}'>;
export type BatchDocument = Batch['documents'][number];
export type Elements = Get<'/api/v1/documents/{document_id}/elements'>;
export type Element = Elements['elements'][number];
export type AcceptedBatch = Json<
  paths['/api/v1/knowledge-bases/{knowledge_base}/documents']['post']['responses'][202]
>;
export type AskReply = Json<paths['/api/v1/ask']['post']['responses'][200]>;
export type SearchReply = Json<paths['/api/v1/search']['post']['responses'][200]>;
export type Passage = SearchReply['passages'][number];
export type Citation = AskReply['citations'][number];
export type Location = Citation['location'];
export type LookedAt = NonNullable<AskReply['looked_at']>[number];
