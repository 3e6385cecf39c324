import type { MigrationName } from './open-ledger.ts'

/** What each migration changes, for people who decide when to upgrade: a sentence without its full stop. */
export const migrationTexts: Readonly<Record<MigrationName, string>> = {
  '0001-initial': 'creates the tables of codes, scans, calls and deliveries',
  '0002-planner': 'adds the planner, analytics, late scans and forecasts',
  '0003-destinations': 'adds totals for destinations with a record per code, and what these have confirmed',
  '0004-observability': 'adds alerts, the age of rows, and when syncs last succeeded',
  '0005-backfill': 'adds the pause of the backfill',
  '0006-troubles': 'adds syncs that cannot continue, wrong clocks, and whose sync goes first',
  '0007-failures': 'adds failures of codes, of endpoints and of the whole API',
  '0008-set-aside': 'adds malformed rows, and room for long ids and large counts',
  '0009-gate': 'adds the reason of a pause, and its probe',
  '0010-counts': 'adds counts of the API that fall, and days that were read again',
  '0011-delivery': 'adds the failures of single streams of a destination',
  '0012-hubspot': 'adds what each destination writes to, and the daily limits of vendors',
  '0013-links': 'adds the records that link rules name; the next delivery looks all of them up again',
  '0014-history-calls': 'adds an index on the calls for history',
  '0015-split-connectors': 'moves the columns of connectors to a table for each subject',
  '0016-code-histories': 'adds a cursor of its own for the history of a code',
  '0017-delivery-resets': 'adds how often each destination was reset',
  '0018-last-scans': 'adds the newest scan to totals; the next delivery adds all of them up again',
  '0019-scans-again':
    'compares all scans with what CRMs have once more, and sends those that have new fields',
  '0020-linked-pairs': 'adds how many scans of a code are written for a record that it names',
  '0021-source-shapes': 'adds the fields of the answers of the API, and how they change',
  '0022-config-loads': 'adds which config the running process uses',
  '0023-breakdown-days':
    'renames the days of analytics in every landed row: from and to become first_day and last_day',
  '0024-alert-channels': 'adds channels of alerts, and drops messages that were not sent yet',
  '0025-audit-trail': 'adds what people do manually',
  '0026-alert-history': 'adds past alerts',
  '0027-erasures': 'adds erased codes, and the destinations that still have to erase them',
  '0028-erasure-targets': 'adds where a destination has to erase a code',
  '0029-look-requests': 'adds which keys of link rules are looked up before their time',
}
