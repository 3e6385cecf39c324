import type { PropertyUpdate } from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import type { Ask } from '../http/client.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import { asSent } from '../http/told.ts'
import { parseRefusal } from '../http/refusal.ts'
import type { WriteInput } from '../http/send-batch.ts'
import { mostOptions, otherChoice, type Choice } from '../mapping/choices.ts'
import type { Language } from '../settings.ts'
import type { Verdicts } from '../records/settle-inputs.ts'
import { AccountChanged } from './account-changed.ts'
import { mergeOptions, optionOf, toOptions, type PropertyOption } from './properties.ts'

/** HubSpot's words when it refuses a value that is not an option. */
const noOption = 'was not one of the allowed options'

interface ObjectOfProperties {
  typeId: string
}

interface ChoiceField {
  name: string
  choice: Choice | null
}

/** What is known about one property. */
interface KnownOptions {
  values: Set<string>
  /** Values that HubSpot does not accept as options. */
  unfit: Set<string>
}

/**
 * The options of our properties. A value that is not an option yet becomes one just before it is first written;
 * that costs two calls, once. A property without options is a text and accepts any value, so nothing is stored
 * about it.
 */
export class PropertyOptions {
  readonly #language: Language
  readonly #known = new Map<string, KnownOptions>()

  constructor(language: Language) {
    this.#language = language
  }

  learn({ typeId }: ObjectOfProperties, property: string, options: readonly { value: string }[]): void {
    const values = new Set(options.map(({ value }) => value))
    this.#known.set(`${typeId}/${property}`, { values, unfit: new Set() })
  }

  /** Returns the names of those with options. */
  among(object: ObjectOfProperties, fields: readonly ChoiceField[]): string[] {
    return fields.filter(({ name }) => this.#of(object, name) !== undefined).map(({ name }) => name)
  }

  /**
   * Sends inputs when each of their values is an option, and once more if somebody has deleted an option
   * meanwhile.
   */
  async send<Result>(
    { ask, object, fields }: { ask: Ask; object: ObjectOfProperties; fields: readonly ChoiceField[] },
    inputs: readonly WriteInput[],
    send: (inputs: readonly WriteInput[]) => Promise<Verdicts<Result>>,
  ): Promise<Verdicts<Result>> {
    const choices = fields.filter(({ name }) => this.#of(object, name) !== undefined)
    for (const field of choices) await this.#ensure(ask, object, field, inputs)
    const verdicts = await send(inputs.map((input) => this.#fitted(object, choices, input)))
    const reasons = [...verdicts.refused.values(), verdicts.reason ?? ''].filter((each) =>
      each.includes(noOption),
    )
    const doubted = choices.filter(({ name }) =>
      inputs.some(({ values }) => isNamed(values[name] ?? '', reasons)),
    )
    if (doubted.length === 0) return verdicts
    for (const field of doubted) {
      this.#of(object, field.name)?.values.clear()
      await this.#ensure(ask, object, field, inputs)
    }
    return send(inputs.map((input) => this.#fitted(object, choices, input)))
  }

  #of({ typeId }: ObjectOfProperties, property: string): KnownOptions | undefined {
    return this.#known.get(`${typeId}/${property}`)
  }

  async #ensure(
    ask: Ask,
    object: ObjectOfProperties,
    { name, choice }: ChoiceField,
    inputs: readonly WriteInput[],
  ): Promise<void> {
    const known = this.#of(object, name)
    if (known === undefined || choice === null) return
    const wanted = new Set(inputs.map(({ values }) => values[name] ?? ''))
    const missing = [...wanted].filter(
      (each) => each !== '' && !known.values.has(each) && !known.unfit.has(each),
    )
    if (missing.length === 0) return
    const { typeId } = object
    const answer = await throughClient(
      ask,
      ({ properties }) => properties.getByNameWithHttpInfo(typeId, name),
      { judged: [404] },
    )
    if (answer.status === 404) {
      const { reason, isHubSpots } = parseRefusal(answer.text)
      throw isHubSpots ? new AccountChanged(reason) : answer.refused()
    }
    const options = toOptions(given(answer, 'options'))
    const there = new Set(options.map(({ value }) => value))
    const added = missing.filter((each) => !there.has(each))
    const room = Math.max(0, mostOptions - options.length)
    for (const value of added.slice(room)) known.unfit.add(value)
    const more = added.slice(0, room)
    if (added.length > room && !there.has(otherChoice)) more.push(otherChoice)
    known.values = there
    if (more.length === 0) return
    const next = mergeOptions(
      options,
      more.map((value) => optionOf(choice, value, this.#language)),
    )
    // If HubSpot refuses the option, the record gets no value: a device with a strange name must not keep the
    // rest of a row from its record.
    if (await replaceOptions(ask, { typeId, name }, next)) for (const value of more) known.values.add(value)
    else for (const value of more) known.unfit.add(value)
  }

  /** Replaces the values by those that HubSpot accepts as options. */
  #fitted(object: ObjectOfProperties, fields: readonly ChoiceField[], input: WriteInput): WriteInput {
    const values = { ...input.values }
    for (const { name } of fields) {
      const known = this.#of(object, name)
      if (known?.unfit.has(values[name] ?? '') !== true) continue
      values[name] = known.values.has(otherChoice) ? otherChoice : ''
    }
    return { ...input, values }
  }
}

function isNamed(value: string, reasons: readonly string[]): boolean {
  return value !== '' && reasons.some((reason) => reason.includes(`${value} was not`))
}

/** @returns whether HubSpot has accepted them */
async function replaceOptions(
  ask: Ask,
  { typeId, name }: { typeId: string; name: string },
  options: readonly PropertyOption[],
): Promise<boolean> {
  const body = asSent<PropertyUpdate>({ options })
  const { status } = await throughClient(
    ask,
    ({ properties }) => properties.updateWithHttpInfo(typeId, name, body),
    { judged: [400, 409] },
  )
  return status < 300
}
