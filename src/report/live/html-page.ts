import { markup, type Insertable, type Markup } from '../markup.ts'
import { style } from '../style.ts'

export interface HtmlPage {
  title: string
  /** The Content-Security-Policy of a page in a file; a served page has it in a header. */
  policy: string | null
  header: Markup
  main: Insertable
  footer: Markup
  /** Inserted into the page unchanged; null for none. */
  script: string | null
  /** Seconds after which a browser without scripts loads the page again; null for never. */
  refreshS: number | null
}

/** Returns an HTML page that needs no other file. */
export function htmlPage({ title, policy, header, main, footer, script, refreshS }: HtmlPage): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${policy === null ? null : markup`<meta http-equiv="Content-Security-Policy" content="${policy}">`}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="${policy === null ? 'same-origin' : 'no-referrer'}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: style }}</style>
${refreshS === null ? null : markup`<noscript><meta http-equiv="refresh" content="${refreshS}"></noscript>`}
</head>
<body>
${header}
<main id="main">
${main}
</main>
<footer>
${footer}
</footer>
${script === null ? null : { markup: `<script>${script}</script>` }}
</body>
</html>
`.markup
}
