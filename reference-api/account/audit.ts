import type { Accepted, LimitedWindow } from './rate-limits.ts'

/** What the server has seen of one account since it started. For tests of clients that must stay inside the limits. */
export interface AccountAudit {
  /** Calls that counted, whatever their answer. */
  accepted: number
  /** Calls that the control route spent in the name of other clients; not among the accepted. */
  others: number
  /** Calls that a full window refused. */
  refused: Record<LimitedWindow, number>
  /** Answers that were spoilt on purpose, by fault. An injected 429 is here, not among the refused. */
  faults: Record<string, number>
  /** Accepted calls by endpoint, as in `GET /qr-codes/{id}/scans`. */
  by_endpoint: Record<string, number>
  /** Answers by status, refused calls and injected faults included, answers that were never sent not. */
  by_status: Record<string, number>
  /** The most calls that were ever accepted within 60 seconds. */
  peak_per_minute: number
  /** Counted calls by UTC month, as in `2026-11`; those of others and those before a restart included. */
  by_month: Record<string, number>
  /** How many calls a month had, at the most, when one was accepted. */
  peak_per_month: number
}

export class Audit {
  readonly #byAccount = new Map<string, AccountAudit>()

  accepted(accountId: string, endpoint: string, call: Accepted): void {
    const audit = this.#of(accountId)
    audit.accepted += 1
    increment(audit.by_endpoint, endpoint)
    audit.by_month[call.month] = call.monthCount
    audit.peak_per_minute = Math.max(audit.peak_per_minute, call.windowCount)
    audit.peak_per_month = Math.max(audit.peak_per_month, call.monthCount)
  }

  spentByOthers(
    accountId: string,
    count: number,
    { month, monthCount }: { month: string; monthCount: number },
  ) {
    const audit = this.#of(accountId)
    audit.others += count
    audit.by_month[month] = monthCount
  }

  refused(accountId: string, window: LimitedWindow): void {
    this.#of(accountId).refused[window] += 1
  }

  fault(accountId: string, fault: string): void {
    increment(this.#of(accountId).faults, fault)
  }

  answered(accountId: string, status: number): void {
    increment(this.#of(accountId).by_status, String(status))
  }

  /** A copy, which stays as it is while the server goes on. */
  read(accountId: string): AccountAudit {
    return structuredClone(this.#of(accountId))
  }

  #of(accountId: string): AccountAudit {
    let audit = this.#byAccount.get(accountId)
    if (audit === undefined) {
      audit = {
        accepted: 0,
        others: 0,
        refused: { minute: 0, month: 0 },
        faults: {},
        by_endpoint: {},
        by_status: {},
        peak_per_minute: 0,
        by_month: {},
        peak_per_month: 0,
      }
      this.#byAccount.set(accountId, audit)
    }
    return audit
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
