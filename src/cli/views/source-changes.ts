import { describeSourceChange, fieldOfChange } from '../../insight/source/describe-source-change.ts'
import type { SourceChange } from '../../ledger/shapes/note-shapes.ts'
import { toTime } from '../../model/to-time.ts'
import { time } from './format.ts'

/** A change of the fields in the API's responses, in the form that `--json` prints. */
export interface ToldSourceChange {
  /** Its place in the API's responses, such as `scans.campaign`. */
  field: string
  change: SourceChange['kind']
  noticed_at: string
  /** What has changed, and what qrsync does with it. */
  text: string
}

export function toSourceChange(change: SourceChange): ToldSourceChange {
  return {
    field: fieldOfChange(change),
    change: change.kind,
    noticed_at: toTime(change.noticedAtMs),
    text: describeSourceChange(change),
  }
}

/** A missing field needs attention until it is back; other changes are only reported. */
export function missingFields(changes: readonly ToldSourceChange[]): string[] {
  return changes.filter(({ change }) => change === 'missing').map(describe)
}

/** "API        since 2026-11-25 03:10 UTC: The API sends the new field …" */
export function describeSourceChanges(changes: readonly ToldSourceChange[]): string[] {
  return changes
    .filter(({ change }) => change !== 'missing')
    .map((change) => `API        ${describe(change)}`)
}

const describe = ({ noticed_at, text }: ToldSourceChange) => `since ${time(Date.parse(noticed_at))}: ${text}`
