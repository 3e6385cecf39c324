import type { CodeSummary } from '../../../streams/summaries.ts'
import { urlParameter } from '../../../streams/url-parameter.ts'
import { campaignParameters } from './settings.ts'
import { parameterProperty } from '../settings.ts'
import { statuses } from './choices.ts'
import { choiceField, textField, unique, type Field } from './field.ts'
import { totalFields } from './total-fields.ts'

/** Identifies the record of a code. */
export const codeKey = 'qrsync_code_id'
export const codeName = 'qrsync_name'

const campaignLabels: Readonly<Record<(typeof campaignParameters)[number], [en: string, de: string]>> = {
  utm_source: ['QR campaign source', 'QR-Kampagnenquelle'],
  utm_medium: ['QR campaign medium', 'QR-Kampagnenmedium'],
  utm_campaign: ['QR campaign', 'QR-Kampagne'],
  utm_term: ['QR campaign term', 'QR-Kampagnenbegriff'],
  utm_content: ['QR campaign content', 'QR-Kampagneninhalt'],
}

const ownFields: readonly Field<CodeSummary>[] = [
  unique(
    textField(
      'code_id',
      {
        label: ['QR code ID', 'QR-Code-ID'],
        description: [
          'The id of the QR code in QRCodeStack. Do not change it.',
          'Die ID des QR-Codes in QRCodeStack. Bitte nicht ändern.',
        ],
      },
      (code) => code.id,
    ),
  ),
  textField(
    'name',
    {
      label: ['QR code', 'QR-Code'],
      description: ['The name of the QR code in QRCodeStack.', 'Der Name des QR-Codes in QRCodeStack.'],
    },
    (code) => code.name,
  ),
  choiceField(
    'status',
    statuses,
    {
      label: ['QR code status', 'QR-Code-Status'],
      description: [
        'Its state in QRCodeStack, such as active, or deleted.',
        'Sein Zustand in QRCodeStack, etwa aktiv oder gelöscht.',
      ],
    },
    (code) => code.status,
  ),
  textField(
    'destination_url',
    {
      label: ['QR code destination', 'QR-Code-Ziel'],
      description: ['Where a scan leads.', 'Wohin ein Scan führt.'],
    },
    (code) => code.destination_url,
  ),
  textField(
    'short_url',
    {
      label: ['QR code short URL', 'QR-Code-Kurz-URL'],
      description: ['What the QR code itself holds.', 'Was der QR-Code selbst enthält.'],
    },
    (code) => code.short_url,
  ),
  ...campaignParameters.map((name) => parameterField(name, name, campaignLabels[name])),
]

/** @param parameters other parameters of a code's destination URL, which become properties of their own */
export function codeFields(parameters: readonly string[]): Field<CodeSummary>[] {
  const further = parameters.map((name) =>
    parameterField(name, parameterProperty(name), [`QR code parameter ${name}`, `QR-Code-Parameter ${name}`]),
  )
  return [...ownFields, ...further, ...totalFields]
}

function parameterField(
  parameter: string,
  name: string,
  label: [en: string, de: string],
): Field<CodeSummary> {
  const words = {
    label,
    description: [
      `The parameter ${parameter} of the QR code's destination URL.`,
      `Der Parameter ${parameter} der Ziel-URL des QR-Codes.`,
    ] as [string, string],
  }
  return textField(name, words, (code) => urlParameter(code.destination_url, parameter)?.value)
}
