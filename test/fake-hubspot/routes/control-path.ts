/** Paths that are no part of HubSpot: no token, no limit, not counted. */
export const controlPath = '/_control'

/** Of the page that shows the records. */
export const cardsPath = `${controlPath}/cards`
