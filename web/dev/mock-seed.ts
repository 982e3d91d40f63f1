/** What the mock server holds at its start: one knowledge base with a Chinese and an English text of our own. */

import { addDocument, addKnowledgeBase } from './mock-store';

const HANDBOOK = `# Staff handbook

## Leave

Every employee has 18 days of paid leave a year. Unused days expire at the end of March of the following year.

Leave is requested in the calendar at least ten working days ahead. A manager answers within two working days.

## Travel

Rail travel is booked in second class. First class is paid where the journey takes more than four hours.

Class | Paid by us | Longest
Second | always | any
First | over four hours | one day

- Keep every receipt for the refund.
- Hand receipts in within thirty days of the journey.

## Working from home

Up to three days a week may be worked from home after the first three months of employment.
`;

const REPAIR = `# 设备维修手册

## 日常检查

每天开机前检查冷却水位，水位低于下限时不得启动设备。检查结果记录在巡检表中。

## 保修

主机自交付之日起保修二十四个月，易损件保修六个月。超出保修期的维修按工时收费。

人为损坏不在保修范围之内。报修时请提供设备编号和故障照片。

## 故障处理

设备报警代码 E-204 表示主轴温度过高。应立即停机，等待三十分钟后再检查润滑油。
`;

export function seed(): void {
  const base = addKnowledgeBase('示例 · Sample');
  addDocument(base.id, 'handbook/staff-handbook.md', Buffer.from(HANDBOOK), 1);
  addDocument(base.id, '设备维修手册.md', Buffer.from(REPAIR), 1);
  addKnowledgeBase('Empty shelf');
}
