/** Every key of any type in a union. */
type KeyOf<T> = T extends unknown ? keyof T : never
type ValueOf<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : undefined) : never

/**
 * A response as it may really be: HubSpot says that "any field may be missing", whatever its types promise.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/error-handling
 */
export type Told<T> = ToldValue<NonNullable<T>> | null | undefined

type ToldValue<T> = [T] extends [string | number | boolean | Date]
  ? T
  : [T] extends [readonly (infer Each)[]]
    ? readonly Told<Each>[]
    : ToldBody<T>

/**
 * A whole response; one without a body has no fields. A response of several possible types is read as all of
 * them.
 */
export type ToldBody<T> = { readonly [Key in KeyOf<T>]?: Told<ValueOf<T, Key>> }

/**
 * The type of a request, with strings instead of enums: at run time they are strings, and each part of the
 * client has its own enums.
 */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | Date | null | undefined
    ? T
    : T extends readonly (infer Each)[]
      ? readonly Plain<Each>[]
      : { [Key in keyof T]: Plain<T[Key]> }

/** Converts a request to HubSpot's types. */
export function asSent<T>(plain: Plain<T>): T {
  // The client's enums are these strings, but TypeScript distinguishes them.
  return plain as T
}
