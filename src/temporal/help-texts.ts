/**
 * What the Temporal UI shows of a workflow from its start on (Markdown), for whoever has never seen one. It makes the room for
 * it a line too low: hence the empty one at the end.
 */

const isSafe = `*Cancel*, *Terminate* and *Reset* are safe: no row is lost or doubled, and no page is paid again.
What each does, and what to do about each failure, is in \`docs/operating.md\`.

\u{a0}`

export const syncHelp = `Brings new scans from QRCodeStack into the ledger, inside the API's call budget, then tells the
destinations. *Current Details* say what it does, or why it waits and until when. \`qrsync status\` shows the same in a terminal,
\`qrsync pause\` stops it.

${isSafe}`

export const deliveryHelp = `Brings one destination up to the ledger, and ends; it costs no call of the API. A destination that
is away holds up no other: it is tried again by itself, and then gets all that has landed meanwhile.

${isSafe}`
