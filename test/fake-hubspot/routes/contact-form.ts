import type { FastifyInstance } from 'fastify'
import { HubSpotError } from '../errors.ts'
import { createRecord, type Portal } from '../portal.ts'
import { checkWrite, isInputError } from '../records/write-checks.ts'
import { findType, type ObjectType } from '../types/object-type.ts'
import { cardsPath, newContactPath } from './control-path.ts'
import { html, type Html } from './html.ts'
import { page } from './page.ts'

/** HubSpot's own fields that the form asks for, with their labels. */
const asked: Readonly<Record<string, string>> = {
  firstname: 'First name',
  lastname: 'Last name',
  email: 'Email',
}

/** A form for people, in place of HubSpot's own: a contact that is created after the scans of its codes. */
export function contactFormRoutes(app: FastifyInstance, portal: Portal): void {
  void app.register((form, _, done) => {
    form.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_, body, parsed) => {
        parsed(null, Object.fromEntries(new URLSearchParams(String(body))))
      },
    )

    form.get(newContactPath, (_, reply) => reply.type('text/html').send(formPage(portal, null)))

    form.post<{ Body: Record<string, string> }>(newContactPath, (request, reply) => {
      // Any page that the reader has open could send a form here.
      if (request.headers['sec-fetch-site'] === 'cross-site') throw crossSite
      const given = Object.entries(request.body).filter(([, value]) => value !== '')
      const type = contactType(portal)
      const checked = checkWrite(type, null, Object.fromEntries(given), new Map(), portal.id)
      if (isInputError(checked)) {
        const reasons = checked.values?.map(({ message }) => message) ?? [checked.message]
        return reply
          .status(400)
          .type('text/html')
          .send(formPage(portal, reasons.join(' ')))
      }
      const { id } = createRecord(portal, type, checked.values)
      return reply.redirect(`${cardsPath}/${type.id}/${id}`, 303)
    })
    done()
  })
}

const crossSite = new HubSpotError(403, {
  message: 'The form was sent from another site.',
  category: 'FORBIDDEN',
})

function contactType({ types }: Portal): ObjectType {
  const type = findType(types, 'contacts')
  if (type === undefined) throw new Error('the account has no contacts')
  return type
}

function formPage(portal: Portal, problem: string | null): string {
  const own = [...contactType(portal).properties.values()].filter(
    ({ hubspotDefined, name }) => !hubspotDefined && !name.startsWith('qrsync_'),
  )
  return page(
    portal,
    [
      html`<h2>Create a contact</h2>
        ${problem === null ? '' : html`<p role="alert">${problem}</p>`}
        <form method="post" action="${newContactPath}">
          ${Object.entries(asked).map(([name, label]) => inputOf(name, label))}
          ${own.map(({ name, label }) => inputOf(name, label, 'campaigns'))} ${suggestions(portal)}
          <p><button>Create</button> <a href="${cardsPath}">All records</a></p>
          <p>
            qrsync gives the contact the scans of the codes that name it with the first sync after an hour, or
            at once with “qrsync deliver -d crm”.
          </p>
        </form>`,
    ],
    false,
  )
}

function inputOf(name: string, label: string, list = ''): Html {
  return html`<label>${label}<input name="${name}" list="${list}" autocomplete="off" /></label>`
}

/** The campaigns of the codes: a link rule of the demo finds a contact by one of them. */
function suggestions(portal: Portal): Html {
  const named = portal.types.flatMap(({ records }) =>
    [...records.records.values()].flatMap(({ properties }) => properties['qrsync_utm_campaign'] ?? []),
  )
  const campaigns = [...new Set(named)].toSorted()
  return html`<datalist id="campaigns">
    ${campaigns.map((each) => html`<option value="${each}"></option>`)}
  </datalist>`
}
