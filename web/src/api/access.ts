/** Who is signed in. */

import { client, dataOf, done } from './client';
import { ProblemError } from './problem';
import type { Principal } from './types';

/** The signed-in principal, or null where nobody is. */
export async function me(): Promise<Principal | null> {
  try {
    return await dataOf(client.GET('/api/v1/me'));
  } catch (thrown) {
    if (thrown instanceof ProblemError && thrown.problem.status === 401) return null;
    throw thrown;
  }
}

export function signIn(email: string, password: string): Promise<Principal> {
  return dataOf(client.POST('/api/v1/sessions', { body: { email, password } }));
}

export function signOut(): Promise<void> {
  return done(client.DELETE('/api/v1/sessions/current'));
}
