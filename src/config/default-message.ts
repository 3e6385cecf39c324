import type { z } from 'zod'

/** The types that a setting can have, as an author of a config file knows them. */
const typeTexts: Readonly<Record<string, string>> = {
  object: 'settings, each as "name: value"',
  record: 'settings, each as "name: value"',
  array: 'a list, each entry after a "-"',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** Returns what a setting must be if its schema has no text of its own. zod's texts are for programmers. */
export function defaultMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeTexts[issue.expected] ?? `of the type ${issue.expected}`
    case 'too_small':
      return issue.origin === 'string' ? 'a text that is not empty' : `at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string' ? `at most ${issue.maximum} characters` : `at most ${issue.maximum}`
    case 'invalid_format':
      return `a valid ${issue.format}`
    default:
      return 'another value'
  }
}
