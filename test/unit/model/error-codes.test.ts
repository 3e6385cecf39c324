import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { errorCodes } from '../../../src/model/connector-error.ts'

it("README's table of errors has the same lines as the code, in the same order", () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const section = /^## Errors$(.*?)^## /ms.exec(readme)?.[1] ?? ''
  const rows = [...section.matchAll(/^\| *`([^`]*)` *\| *(.*?) *\|$/gm)].map(([, code, text]) => [code, text])
  expect(rows).toEqual(Object.entries(errorCodes))
})
