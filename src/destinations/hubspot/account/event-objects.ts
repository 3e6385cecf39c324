/** Objects on whose records HubSpot shows custom events, as its API names them. */
export const eventObjects: Readonly<Record<string, string>> = {
  contacts: 'CONTACT',
  companies: 'COMPANY',
  deals: 'DEAL',
  tickets: 'TICKET',
}

export const hasEvents = (object: string): boolean => Object.hasOwn(eventObjects, object)
