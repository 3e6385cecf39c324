import type { PublicAssociationDefinitionCreateRequest } from '@hubspot/api-client/lib/codegen/crm/associations/v4/schema/index.js'
import type { Ask } from '../http/client.ts'
import { forbidden } from '../http/hubspot-error.ts'
import { given, throughClient } from '../http/hubspot-apis.ts'
import { asSent } from '../http/told.ts'
import { parseRefusal } from '../http/refusal.ts'
import type { Language } from '../settings.ts'
import type { Words } from '../mapping/language.ts'
import type { AssociationLabel, TargetObject } from './prepared.ts'

/** The label of a code on a record that the code names. */
const codeLabel: Words = { en: 'QR code', de: 'QR-Code' }
/** The label of that record on the code. */
const recordLabel: Words = { en: 'Named by QR code', de: 'Im QR-Code genannt' }

/** Internal names. The first free one is used, because somebody may have renamed one of our labels. */
const labelNames = ['qrsync_code', 'qrsync_code_2', 'qrsync_code_3']

/** The category of labels that an account has created itself. */
const ownCategory = 'USER_DEFINED'

/**
 * Undefined if none is ours. HubSpot does not return the internal name of a label.
 *
 * @see https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associations-schema/guide
 */
export async function readCodeLabel(
  ask: Ask,
  from: TargetObject,
  codes: TargetObject,
): Promise<AssociationLabel | undefined> {
  const answer = await throughClient(ask, ({ associationLabels }) =>
    associationLabels.getAllWithHttpInfo(from.typeId, codes.typeId),
  )
  const ours: readonly unknown[] = Object.values(codeLabel)
  const isOurs = (category: string | null | undefined, label: unknown) =>
    category === ownCategory && ours.includes(label)
  const found = given(answer, 'results').find((each) => isOurs(each?.category, each?.label))
  return typeof found?.typeId === 'number' ? { category: ownCategory, typeId: found.typeId } : undefined
}

/** @throws ConnectorError if HubSpot refuses it */
export async function createCodeLabel(
  ask: Ask,
  { name, language }: { name: string; language: Language },
  from: TargetObject,
  codes: TargetObject,
): Promise<AssociationLabel> {
  const words = { label: codeLabel[language], inverseLabel: recordLabel[language] }
  let reason = ''
  for (const labelName of labelNames) {
    const definition = asSent<PublicAssociationDefinitionCreateRequest>({ name: labelName, ...words })
    const answer = await throughClient(
      ask,
      ({ associationLabels }) => associationLabels.createWithHttpInfo(from.typeId, codes.typeId, definition),
      { judged: [400, 409] },
    )
    if (answer.status >= 400) reason = parseRefusal(answer.text).reason
    // Another worker may have created it first.
    const made = await readCodeLabel(ask, from, codes)
    if (made !== undefined) return made
  }
  const what = `HubSpot does not allow a label for associations of ${from.name} with ${codes.name}: ${reason}.`
  const advice =
    'Delete a label of these two objects in HubSpot (Settings > Objects > Associations), or set "associate: false".'
  throw forbidden(name, what, advice)
}
