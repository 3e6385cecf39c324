/** Paths that are not part of HubSpot: no token, no limit, not counted. */
export const controlPath = '/_control'

/** The page that shows the records. */
export const cardsPath = `${controlPath}/cards`

/** The form in which a reader of that page creates a contact. */
export const newContactPath = `${cardsPath}/new-contact`
