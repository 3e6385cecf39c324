/**
 * The Markdown that the Temporal UI shows for a workflow from its start on, for new readers. The UI cuts off
 * the last line, so each text ends with an empty one.
 */

const isSafe = `*Cancel*, *Terminate* and *Reset* are safe: no row is lost or duplicated, and no page is paid for twice.
\`docs/operating.md\` describes what each does, and what to do about each failure.

\u{a0}`

export const syncHelp = `Fetches new scans from QRCodeStack into the ledger, inside the API's call budget, then starts the
deliveries. *Current Details* show what it is doing, or why it waits and until when. \`qrsync status\` shows the same in a terminal,
\`qrsync pause\` stops it.

${isSafe}`

export const deliveryHelp = `Delivers everything in the ledger to one destination, and ends; it makes no call to the API. A destination
that is down does not delay the others: qrsync retries automatically, and then delivers everything that landed meanwhile.

${isSafe}`
