import type { DestinationStream } from 'pino'
import { visibleInLine } from '../model/visible-text.ts'

/** The parts of a log line that are put into words; each may be missing. */
interface LogRecord {
  level: number
  time: number
  msg?: string
  connector?: string
  destination?: string
  stream?: string
  attempt?: number
  error?: LoggedError
  err?: LoggedError
  outcome?: string
  endpoint?: string
  httpStatus?: number
  rows?: number
  rejected?: number
}

interface LoggedError {
  code?: string
  type?: string
  message?: string
  /** For an activity that is retried. */
  nextRetryDelay?: number
  nonRetryable?: boolean
}

const warning = 40

/** The same event is not repeated within this time: eight calls that are refused together are one event. */
const repeatedMs = 60_000

/**
 * Converts the log's JSON lines to a plain line per event, for a person at a terminal: "01:09 ! warehouse:
 * DESTINATION_BUSY: another process has locked … (attempt 3), next try 01:10 UTC". Times are UTC.
 *
 * @param write receives a line without its line break
 */
export function createPlainLog(write: (line: string) => void): DestinationStream {
  const toldAtMs = new Map<string, number>()
  return {
    write(json) {
      const record = parse(json)
      if (record === null) {
        write(json.trimEnd())
        return
      }
      const { level, time } = record
      const subject = record.destination ?? record.connector
      const about = subject === undefined ? '' : `${subject}: `
      const { text, more } = textOf(record)
      const key = `${record.connector ?? ''} ${about}${text}`
      const lastMs = toldAtMs.get(key)
      toldAtMs.set(key, time)
      const isRepeated = lastMs !== undefined
      // A repeated failure is a new event: its next attempt has another time.
      if (isRepeated && more === '' && time - lastMs < repeatedMs) return
      const shown = isRepeated && more !== '' ? `still ${record.error?.code ?? text}` : text
      // After parsing, text of other systems contains characters again that a terminal would execute.
      write(visibleInLine(`${clock(time)} ${level >= warning ? '!' : ' '} ${about}${shown}${more}`))
    },
  }
}

function parse(json: string): LogRecord | null {
  try {
    return JSON.parse(json) as LogRecord
  } catch {
    return null
  }
}

/** `text` is the same for each event of a kind; `more` distinguishes them. */
function textOf(record: LogRecord): { text: string; more: string } {
  const { msg = '', endpoint, httpStatus, rows, rejected, stream } = record
  if (msg === 'call' && record.outcome === 'refused') {
    return { text: `the API refuses a call for now (${httpStatus ?? 429}): ${endpoint ?? ''}`, more: '' }
  }
  if (msg === 'batch' && rejected !== undefined) {
    const text = `refuses ${rejected} of ${rows ?? rejected} rows of ${stream ?? 'a stream'}: see "qrsync rejects list"`
    return { text, more: '' }
  }
  const error = record.error ?? record.err
  if (error === undefined) return { text: inOneLine(msg), more: '' }
  const code = error.code ?? error.type ?? 'Error'
  return {
    text: `${code}: ${withoutSubject(inOneLine(error.message ?? msg))}`,
    more: attemptText(record, error),
  }
}

function attemptText({ attempt, time }: LogRecord, error: LoggedError): string {
  if (attempt === undefined) return ''
  if (error.nonRetryable === true) return ' (not tried again)'
  const delayMs = error.nextRetryDelay
  return ` (attempt ${attempt})${delayMs === undefined ? '' : `, next try ${clock(time + delayMs)} UTC`}`
}

/** The line begins with the destination's name. */
const withoutSubject = (message: string) => message.replace(/^Destination \S+: /, '')

const inOneLine = (text: string) => text.replaceAll(/\.?\s*\n\s*/g, '. ')

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16)
