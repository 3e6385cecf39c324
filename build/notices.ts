/**
 * `npm run notices`: lists the packages that run in production, with their licenses, in THIRD-PARTY-NOTICES.md. A test compares the file with
 * package-lock.json.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

interface LockedPackage {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
}

/** Packages that name no license in their package.json: that of the license file beside it. */
const inFile: Readonly<Record<string, string>> = { unionfs: 'Unlicense' }

const introduction = `# Third-party notices

qrsync and its reference API run with these packages. npm installs each with its license text; those for other platforms are not
installed. The list is made by \`npm run notices\`.

\`@img/sharp-libvips-…\`, which only the reference API installs, contain libvips and the libraries that it needs, as shared libraries under the
LGPL 3.0 or later and other licenses. You may replace them with your own build: sharp uses a libvips of the system if it was built for it.
Their sources and licenses are at https://github.com/lovell/sharp-libvips.

| Package | Version | License |
| --- | --- | --- |
`

/** @returns the text of THIRD-PARTY-NOTICES.md */
export function noticesOf(lock: { packages: Record<string, LockedPackage> }): string {
  const rows = Object.entries(lock.packages).flatMap(([path, { version = '', license, dev, link }]) => {
    if (!path.includes('node_modules/') || dev === true || link === true) return []
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const known = license ?? inFile[name]
    if (known === undefined) {
      throw new Error(`${name} names no license in package-lock.json: look for its license file`)
    }
    return [`| ${name} | ${version} | ${known} |`]
  })
  return `${introduction}${[...new Set(rows)].toSorted().join('\n')}\n`
}

export const readLock = () =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Parameters<typeof noticesOf>[0]

if (import.meta.main) writeFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), noticesOf(readLock()))
