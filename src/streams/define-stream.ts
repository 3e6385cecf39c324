/** What a column of a table contains: `time` is an instant, `date` a UTC day, `json` any JSON. */
export type ColumnType = 'text' | 'integer' | 'boolean' | 'time' | 'date' | 'json'

/** How the API writes a value. `rest` contains all fields that have no column. */
export type Format = 'id' | 'code id' | 'text' | 'count' | 'flag' | 'time' | 'day' | 'object' | 'rest'

const typeOf: Record<Format, ColumnType> = {
  id: 'text',
  'code id': 'text',
  text: 'text',
  count: 'integer',
  flag: 'boolean',
  time: 'time',
  day: 'date',
  object: 'json',
  rest: 'json',
}

interface Options<IsRequired extends boolean> {
  format: Format
  comment: string
  isRequired: IsRequired
  isNamedByCall: boolean
}

/** A column of a stream. The parser, the type of a row and the tables of destinations follow from it. */
export class Column<Value = unknown, IsRequired extends boolean = boolean> {
  /** For types only; it has no value at run time. */
  declare readonly value: Value
  readonly format: Format
  readonly type: ColumnType
  readonly comment: string
  /**
   * Whether a row without it is refused, because it could not be counted anywhere. Other absent fields become
   * null.
   */
  readonly isRequired: IsRequired
  /** Whether a response may omit it because the call named it. */
  readonly isNamedByCall: boolean

  readonly #options: Options<IsRequired>

  constructor(options: Options<IsRequired>) {
    this.#options = options
    this.format = options.format
    this.type = typeOf[options.format]
    this.comment = options.comment
    this.isRequired = options.isRequired
    this.isNamedByCall = options.isNamedByCall
  }

  required(): Column<Value, true> {
    return new Column<Value, true>({ ...this.#options, isRequired: true })
  }

  namedByCall(): Column<Value, true> {
    return new Column<Value, true>({ ...this.#options, isRequired: true, isNamedByCall: true })
  }
}

function column<Value>(format: Format, comment: string): Column<Value, false> {
  return new Column<Value, false>({ format, comment, isRequired: false, isNamedByCall: false })
}

/** An id that the API gives, as text. */
export const id = (comment: string) => column<string>('id', comment)
/** The id of a code. It must fit into a path, and into a key of every database. */
export const codeId = (comment: string) => column<string>('code id', comment)
export const text = (comment: string) => column<string>('text', comment)
/** A whole number, 0 or more. */
export const count = (comment: string) => column<number>('count', comment)
export const flag = (comment: string) => column<boolean>('flag', comment)
/**
 * RFC 3339 in UTC ({@link import('../model/rfc3339.ts').toUtcTime}); fractions finer than milliseconds are
 * kept.
 */
export const time = (comment: string) => column<string>('time', comment)
/** A UTC day such as `2026-03-14`. */
export const day = (comment: string) => column<string>('day', comment)
export const object = (comment: string) => column<Record<string, unknown>>('object', comment)
/** Fields without a column: the API may add some at any time. */
export const rest = () =>
  column<Record<string, unknown>>('rest', 'Fields that the API sends and this table has no column for.')

type Columns = Readonly<Record<string, Column>>

/** A stream: rows that land under one name, one row per id. */
export interface Stream<Of extends Columns = Columns> {
  /** What a row is, for people who read the table. */
  readonly comment: string
  /** Named as in the API, so that a value has the same name everywhere. */
  readonly columns: Of
  /** The column by whose days or months a warehouse may partition the table. */
  readonly partition?: Partition<string>
  /** The columns by which a warehouse may sort the table. */
  readonly cluster: readonly string[]
}

interface Partition<Name> {
  readonly column: Name
  readonly by: 'day' | 'month'
}

/** The partition and the cluster may name only existing columns. */
interface Definition<Of extends Columns> extends Stream<Of> {
  readonly partition?: Partition<keyof Of & string>
  readonly cluster: readonly (keyof Of & string)[]
}

export function defineStream<const Of extends Columns>(definition: Definition<Of>): Stream<Of> {
  return definition
}

/** A row as it lands and is delivered: each column, null if the API does not send it. */
export type RowOf<S extends { readonly columns: Columns }> = {
  -readonly [Name in keyof S['columns']]: S['columns'][Name] extends Column<infer Value, infer IsRequired>
    ? IsRequired extends true
      ? Value
      : Value | null
    : never
}
