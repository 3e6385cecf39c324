import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NoAnswer } from '../cli/run-to-exit.ts'

/**
 * Returns the main file of the reference API below `root`. The API is a separate workspace, which the worker's
 * image, the published package and a production installation leave out. In that case this throws an error that
 * says what is missing.
 */
export function findReferenceApi(root: string): string {
  const folder = join(root, 'reference-api')
  const main = join(folder, 'main.ts')
  if (!existsSync(main)) {
    throw new NoAnswer(
      `The demo needs the reference API, and ${folder} is not there: start it in a checkout.`,
    )
  }
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const places = [join(folder, 'node_modules'), join(root, 'node_modules')]
  const missing = Object.keys(dependencies).filter(
    (name) => !places.some((place) => existsSync(join(place, name))),
  )
  if (missing.length > 0) {
    throw new NoAnswer(
      `The demo needs packages of the reference API that are not installed: ${missing.join(', ')}. "npm ci" installs them.`,
    )
  }
  return main
}
