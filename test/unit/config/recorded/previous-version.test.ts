import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../../../src/config/load-config.ts'

const recorded = import.meta.dirname
const environment = {
  QRCS_API_KEY: `qrs_${'0'.repeat(64)}`,
  HUBSPOT_TOKEN: 'a-token',
  LEDGER_PASSWORD: 'a-password',
  TEMPORAL_API_KEY: 'a-key',
  SLACK_WEBHOOK_URL: 'https://hooks.example.com/services/1',
  QRSYNC_PAGE_TOKEN: 'sixteen-letters-and-more',
  TEAMS_WEBHOOK_URL: 'https://teams.example.com/1',
  PAGERDUTY_ROUTING_KEY: 'a'.repeat(32),
  SMTP_URL: 'smtps://qrsync:hidden@smtp.example.com',
  ALERTS_URL: 'https://alerts.example.com/1',
  ALERTS_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
  QRSYNC_SALT: 'sixteen letters and more',
}

/** Reads a recorded file in a folder of its own, and names that folder `/folder`, as the recording does. */
function read(name: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-recorded-'))
  try {
    copyFileSync(join(recorded, `${name}.yaml`), join(folder, 'qrsync.yaml'))
    for (const file of ['ca.pem', 'client.pem', 'client.key']) {
      writeFileSync(join(folder, file), '-----BEGIN CERTIFICATE-----\n')
    }
    const config = loadConfig(join(folder, 'qrsync.yaml'), environment)
    return JSON.parse(JSON.stringify(config).replaceAll(folder, '/folder'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it.each(['0.1.0-all', '0.1.0-short'])(
  'the config file %s of an earlier version is read as that version read it',
  (name) => {
    const then = JSON.parse(readFileSync(join(recorded, `${name}.json`), 'utf8')) as object
    // New settings may have been added since, with their defaults.
    expect(read(name)).toMatchObject(then)
  },
)
