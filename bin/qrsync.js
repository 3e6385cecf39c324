#!/usr/bin/env -S node --max-old-space-size=256 --max-semi-space-size=8 --disable-warning=ExperimentalWarning
import { existsSync } from 'node:fs'
import packageJson from '#package.json' with { type: 'json' }

// An older Node would end with a syntax error, or with the name of a module that it does not have.
const needed = packageJson.engines.node.replace('>=', '')
if (process.versions.node.localeCompare(needed, 'en', { numeric: true }) < 0) {
  console.error(`qrsync needs Node ${needed} or newer, and this is Node ${process.versions.node}.`)
  process.exit(1)
}

// A checkout runs its sources, without a build. The published package has none.
const source = new URL('../src/cli/main.ts', import.meta.url)
const built = new URL('../dist/src/cli/main.js', import.meta.url)
await import(existsSync(source) ? source.href : built.href)
