import { stringify } from 'yaml'
import type { Setting } from './settings.ts'

/** Returns README's table: the sections of the config file, one line each. */
export function sectionTable(settings: readonly Setting[]): string {
  const sections = settings.filter(({ path }) => !path.includes('.') && !path.includes('['))
  return table(
    ['Section', 'Holds', ''],
    sections.map(({ path, description, isRequired }) => [
      `\`${path}\``,
      description,
      isRequired ? 'required' : '',
    ]),
  )
}

/** Returns the reference in docs/configuration.md: every setting, by section. */
export function settingsReference(settings: readonly Setting[]): string {
  const sections = Map.groupBy(settings, sectionOf)
  return [...sections.values()].map(describeSection).join('\n\n')
}

/** Each type of destination is a section. */
const sectionOf = ({ path, type }: Setting) => type ?? path.split(/[.[]/, 1)[0] ?? path

function describeSection(settings: readonly Setting[]): string {
  const [first] = settings
  if (first === undefined) return ''
  const heading = `### ${first.type === null ? '' : 'A destination of type '}\`${sectionOf(first)}\``
  const about = first.isGroup ? [first.description] : []
  const values = settings.filter(({ isGroup }) => !isGroup)
  return [heading, ...about, ...(values.length === 0 ? [] : [settingTable(values)])].join('\n\n')
}

function settingTable(settings: readonly Setting[]): string {
  return table(
    ['Setting', 'Meaning', 'Default', 'Example'],
    settings.map((setting) => [
      `\`${setting.path}\``,
      setting.description,
      defaultOf(setting),
      `\`${nameOf(setting)}: ${inYaml(setting.example)}\``,
    ]),
  )
}

function defaultOf(setting: Setting): string {
  if (setting.isRequired) return 'required'
  if (setting.default === undefined) return '–'
  return `\`${inYaml(setting.default)}\``
}

const nameOf = ({ path }: Setting) => path.split('.').at(-1) ?? path

/** On one line, as it would be written in the file. */
function inYaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ')
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(inCell)))].join('\n')
}

const inCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
