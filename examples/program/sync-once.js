// Syncs everything new into a DuckDB file, prints what came of it, and ends.
//
//   npm install qrsync && QRCS_API_KEY=qrs_... node sync-once.js
import { createConnector } from 'qrsync'

const connector = await createConnector({
  config: {
    connector: 'program',
    source: { key: '${QRCS_API_KEY}', url: process.env.QRCS_API_URL },
    destinations: { warehouse: { type: 'duckdb', path: 'qr-codes.duckdb' } },
  },
  onProgress: (text) => console.error(text),
})
try {
  const { scans, calls, undelivered } = await connector.sync()
  console.log(JSON.stringify({ scans, calls, undelivered }))
} finally {
  await connector.stop()
}
