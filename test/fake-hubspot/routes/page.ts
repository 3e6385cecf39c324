import type { Portal } from '../portal.ts'
import { asHtml, html, type Html } from './html.ts'

/**
 * Returns a page of the account.
 *
 * @param isLive whether it loads itself again: not while somebody fills in a form
 */
export function page({ id, tier }: Portal, body: readonly Html[], isLive = true): string {
  return asHtml(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width" />
          ${isLive ? html`<meta http-equiv="refresh" content="10" />` : ''}
          <title>HubSpot stand-in, account ${id}</title>
          <style>
            body {
              font:
                14px/1.4 system-ui,
                sans-serif;
              margin: 1.5rem;
              color: #1f2d3d;
              background: #f5f8fa;
            }
            h2 {
              font-size: 1.1rem;
              margin: 1.5rem 0 0.5rem;
            }
            small,
            .kind,
            dt,
            em {
              color: #4a6076;
              font-weight: 400;
            }
            .cards {
              display: grid;
              grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr));
              gap: 0.8rem;
            }
            article {
              background: #fff;
              border: 1px solid #cbd6e2;
              border-radius: 4px;
              padding: 0.8rem;
              overflow-wrap: anywhere;
              max-width: 34rem;
            }
            h3 {
              font-size: 1rem;
              margin: 0;
            }
            h4 {
              font-size: 0.85rem;
              margin: 0.6rem 0 0.2rem;
            }
            p.kind {
              margin: 0 0 0.5rem;
            }
            p.event {
              margin: 0.3rem 0;
            }
            form p {
              max-width: 34rem;
            }
            label {
              display: block;
              margin: 0.6rem 0;
            }
            input {
              display: block;
              font: inherit;
              padding: 0.3rem;
              width: 17rem;
              max-width: 100%;
            }
            dl {
              display: grid;
              grid-template-columns: 9rem 1fr;
              gap: 0.15rem 0.6rem;
              margin: 0;
            }
            dd {
              margin: 0;
              white-space: pre-line;
              max-height: 5.6em;
              overflow: auto;
            }
            ul {
              margin: 0;
              padding-left: 1.1rem;
            }
            a {
              color: #0b5d78;
            }
          </style>
        </head>
        <body>
          <h1>HubSpot account ${id}</h1>
          <p>
            This is a stand-in for HubSpot (${tier}). It shows what qrsync writes there, and what people would
            see on each record.
          </p>
          ${body}
        </body>
      </html>`,
  )
}
