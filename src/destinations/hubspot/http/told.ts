/** Every key of any of the types of a union. */
type KeyOf<T> = T extends unknown ? keyof T : never
type ValueOf<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : undefined) : never

/**
 * What HubSpot's types say of an answer, as it may really be: "any field may be missing", whatever the types promise.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling
 */
export type Told<T> = ToldValue<NonNullable<T>> | null | undefined

type ToldValue<T> = [T] extends [string | number | boolean | Date]
  ? T
  : [T] extends [readonly (infer Each)[]]
    ? readonly Told<Each>[]
    : ToldBody<T>

/** A whole answer: of one without a body, nothing is told. Where it may be of several types, it is read as all of them. */
export type ToldBody<T> = { readonly [Key in KeyOf<T>]?: Told<ValueOf<T, Key>> }

/** The type of a request, with texts in the place of its enums: those are texts too, one for each part of the client. */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | Date | null | undefined
    ? T
    : T extends readonly (infer Each)[]
      ? readonly Plain<Each>[]
      : { [Key in keyof T]: Plain<T[Key]> }

/** A request as HubSpot's types want it. */
export function asSent<T>(plain: Plain<T>): T {
  // The enums of the client are these very texts; TypeScript keeps them apart.
  return plain as T
}
