import type { Accepted, LimitedWindow } from './rate-limits.ts'

/**
 * What the server has seen of one account since it started, for tests of clients that must stay inside the
 * limits.
 */
export interface AccountAudit {
  /** Calls that counted, whatever their response. */
  accepted: number
  /** Calls that the control route made in the name of other clients; not among the accepted. */
  others: number
  /** Calls that a full window refused. */
  refused: Record<LimitedWindow, number>
  /** Injected faults, by name. An injected 429 counts here, not among the refused. */
  faults: Record<string, number>
  /** Accepted calls by endpoint, such as `GET /qr-codes/{id}/scans`. */
  by_endpoint: Record<string, number>
  /** Responses by status, including refused calls and injected faults, without responses that were never sent. */
  by_status: Record<string, number>
  /** The most calls that were ever accepted within 60 seconds. */
  peak_per_minute: number
  /** Counted calls by UTC month, such as `2026-11`, including those of others and those before a restart. */
  by_month: Record<string, number>
  /** The highest count of a month at the time when a call was accepted. */
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

  /** A copy, which does not change later. */
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
