import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { contextOfWorkflow, inLogContext } from '../../../src/observability/log-context.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createPlainLog } from '../../../src/observability/plain-log.ts'
import { secretsOf, secretsOfEnvironment } from '../../../src/observability/secrets-of.ts'

const key = `qrs_${'0123456789abcdef'.repeat(4)}`
const secrets = {
  key,
  token: 'pat-eu1-"quoted"\\secret',
  password: 'p@ss/w:rd',
  warehouse: 'w@reh/ouse',
  webhook: 'https://hooks.slack.com/services/T000/B000/XyZ',
  salt: 'a salt of "16" letters',
  temporal: 'tmprl_0123456789',
}

const config = configSchema.parse({
  connector: 'acme',
  source: { key },
  destinations: {
    crm: { type: 'hubspot', token: secrets.token },
    warehouse: {
      type: 'postgres',
      database_url: `postgres://qrsync:${encodeURIComponent(secrets.warehouse)}@db/analytics`,
    },
  },
  ledger: { url: `postgres://qrsync:${encodeURIComponent(secrets.password)}@db:5432/qrsync` },
  observability: { webhook: secrets.webhook },
  privacy: { hash: ['city'], salt: secrets.salt },
  temporal: { address: 'temporal:7233', api_key: secrets.temporal },
})

/** What a logger that knows the config's secrets writes. */
function written(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  const logger = createLogger({ secrets: new Set(secretsOf(config)), stream })
  logger.level = 'trace'
  write(logger)
  return text
}

const forms = Object.values(secrets).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
])

describe('the log', () => {
  it("shows no task token, in the words of Temporal's SDK or of its core, in JSON and on a terminal", () => {
    const token = Buffer.from('namespace, workflow, run and attempt of a task').toString('base64')
    const shown: string[] = []
    const plain = createLogger({ stream: createPlainLog((line) => void shown.push(line)) })
    const lines = written((json) => {
      for (const logger of [json, plain]) {
        logger.warn({ taskToken: token }, 'Activity failed')
        logger.warn({ task_token: `TaskToken(${token})` }, 'Activity not found on completion.')
        logger.warn({ spanContexts: { completing: { task_token: token } } }, 'Activity heartbeat failed.')
        logger.warn(`Attempted to complete activity task ${token} but we were not tracking it`)
        logger.warn({ error: new Error(`no such TaskToken(${token})`) }, 'Activity failed')
      }
    })
    for (const text of [lines, shown.join('\n')]) {
      expect(text).not.toContain(token)
      expect(text).toContain('complete activity task … but we were not tracking it')
    }
  })

  it('shows no secret, wherever it appears: texts, fields, errors and their causes, in any spelling', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...forms),
        fc.string({ maxLength: 20 }),
        fc.string({ maxLength: 20 }),
        fc.constantFrom('message', 'field', 'nested', 'list', 'error', 'cause', 'name'),
        (secret, before, after, place) => {
          const text = `${before}${secret}${after}`
          const line = written((logger) => {
            if (place === 'message') logger.info(text)
            if (place === 'field') logger.info({ found: text }, 'a field')
            if (place === 'nested') logger.info({ a: { b: { c: text } } }, 'a nested field')
            if (place === 'list') logger.info({ list: [1, [text]] }, 'a list')
            if (place === 'error') logger.error({ err: new Error(text) }, 'an error')
            if (place === 'cause') {
              logger.error({ error: new Error('outer', { cause: new Error(text) }) }, 'one')
            }
            if (place === 'name') logger.info({ [text]: 1 }, 'a name')
          })
          for (const form of forms) expect(line).not.toContain(form)
          expect(() => JSON.parse(line) as unknown).not.toThrow()
        },
      ),
      { numRuns: 300 },
    )
  })

  it('shows no secret that somebody has hidden unseen characters in', () => {
    const unseen = [
      '\u200b',
      '\u00ad',
      '\ufe0f',
      '\u3164',
      '\u202e',
      '\u0007',
      '\u001b',
      '\u0085',
      '\b',
      '\r',
    ]
    for (const secret of [...Object.values(secrets), `qrs_${'f'.repeat(64)}`, 'Bearer abcdef012345']) {
      for (const each of unseen) {
        const at = Math.floor(secret.length / 2)
        const line = written((logger) => {
          logger.info(`a ${secret.slice(0, at)}${each}${secret.slice(at)} b`)
        })
        const { msg } = JSON.parse(line) as { msg: string }
        const read = msg.replaceAll(each, '')
        expect(read, JSON.stringify(each)).toBe(
          secret.startsWith('Bearer') ? 'a Bearer … b' : `a ${secret.startsWith('qrs_f') ? 'qrs_…' : '…'} b`,
        )
      }
    }
    const family = 'Café 👩‍👧 می‌خواهم'
    expect(
      written((logger) => {
        logger.info(family)
      }),
    ).toContain(family)
  })

  it('shows nothing that looks like a secret: keys, tokens in headers, passwords in URLs', () => {
    const other = `qrs_${'f'.repeat(64)}`
    const line = written((logger) => {
      logger.info(
        { headers: { authorization: 'Bearer abc.def' }, token: 'x'.repeat(20) },
        `${other} was refused`,
      )
      logger.info('sent Authorization: Bearer abcdef012345 to postgres://user:hidden@db/x')
    })
    for (const secret of [other, 'abc.def', 'x'.repeat(20), 'abcdef012345', 'hidden']) {
      expect(line).not.toContain(secret)
    }
    expect(line).toContain('postgres://user:…@db/x')
  })

  it('hides the secrets in the environment of Temporal and OpenTelemetry', () => {
    const environment = {
      TEMPORAL_API_KEY: 'temporal',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=first,b=second=2',
      PATH: '/bin',
    }
    expect(secretsOfEnvironment(environment)).toEqual(['temporal', 'first', 'second=2'])
  })

  it('says in each line where it was written, lines of the SDK included', () => {
    const line = written((logger) => {
      inLogContext({ connector: 'acme', destination: 'crm', runId: 'run', attempt: 2 }, () => {
        logger.info({ callId: 7 }, 'call')
      })
    })
    expect(JSON.parse(line)).toMatchObject({
      connector: 'acme',
      destination: 'crm',
      runId: 'run',
      attempt: 2,
      callId: 7,
      msg: 'call',
    })
    expect(contextOfWorkflow('qrsync/acme/deliver/crm')).toEqual({ connector: 'acme', destination: 'crm' })
    expect(contextOfWorkflow('qrsync/acme/sync-2026-11-01T00:00:00Z')).toEqual({ connector: 'acme' })
    expect(contextOfWorkflow('another/acme/sync')).toEqual({})
  })
})
