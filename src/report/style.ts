import { shareStyle } from './scans/share-table.ts'

/** The style of the page and its charts, with light and dark colours. */
export const style = `
:root {
  color-scheme: light dark;
  --back: #fff; --text: #1c1e21; --soft: #5b6169; --rule: #dfe2e6; --panel: #f5f6f8;
  --bar: #5a8ade; --strong: #1d4f9f; --area: #dfe9fa; --second: #a8480a; --bad: #b3261e; --good: #1b6e3c; --busy: #8a5a00;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --back: #15171a; --text: #e9eaec; --soft: #a4abb3; --rule: #31363c; --panel: #1d2024;
    --bar: #4f7fd0; --strong: #a9c8ff; --area: #1f2d45; --second: #f2a56b; --bad: #ff8d84; --good: #6fd39a; --busy: #e8b84a;
  }
}
* { box-sizing: border-box; }
html { background: var(--back); color: var(--text); -webkit-text-size-adjust: 100%; }
body { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
bdi { overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 0; }
p { margin: .25rem 0 .75rem; max-width: 44rem; }
header span { display: inline-block; }
header p, footer p, .type, .soft { color: var(--soft); }
a { color: var(--strong); text-underline-offset: .15em; }
.type { font-weight: normal; }
section { margin-top: 3rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: .5rem; font-size: .875rem; }
.bad { color: var(--bad); }

.figures { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 1.5rem 0 0; }
.figures div { background: var(--panel); border-radius: .5rem; padding: .75rem 1rem; }
.figures dt, .figures .note { color: var(--soft); font-size: .875rem; line-height: 1.35; }
.figures dd { margin: 0; }
.figures .value { font-size: 1.75rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }

figure { margin: 1rem 0; }
.chart { display: block; width: 100%; height: auto; margin: 0 auto; }
.chart.narrow { display: none; }
.chart text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--rule); }
.chart .base, .chart .tick { stroke: var(--soft); }
.chart .bar { fill: var(--bar); }
.chart .area { fill: var(--area); }
.chart .line, .chart .mean { fill: none; stroke: var(--strong); stroke-width: 2; stroke-linejoin: round; }
.chart .forecast { fill: none; stroke: var(--second); stroke-width: 2; stroke-dasharray: 6 4; }
.chart .dot { fill: var(--strong); }
.chart line.mark { stroke: var(--second); stroke-width: 1.5; }
.chart text.mark { fill: var(--second); font-weight: 600; paint-order: stroke; stroke: var(--back); stroke-width: 5px; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0 0 .5rem; padding: 0; color: var(--soft); font-size: .875rem; }
.key { display: inline-block; width: 1.25rem; height: 0; margin-right: .4rem; vertical-align: middle; border-top: 2px solid var(--strong); }
.key.forecast { border-top: 2px dashed var(--second); }
.key.bar { width: .75rem; height: .75rem; border: 0; background: var(--bar); }

table { width: 100%; border-collapse: collapse; margin: .75rem 0; font-size: .9375rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: .375rem 1.25rem .375rem 0; border-bottom: 1px solid var(--rule); text-align: start; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: .875rem; vertical-align: bottom; }
tbody th { font-weight: 400; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.each { display: block; }
time { white-space: nowrap; }

${shareStyle}
.bars thead th:first-child { width: 45%; }
.bars tbody tr { border-bottom: 1px solid var(--rule); }
.bars tbody th, .bars td { border: 0; }
.bars td { display: flex; align-items: center; justify-content: flex-end; gap: .75rem; }
.share { flex: 1; height: .875rem; background: linear-gradient(var(--bar), var(--bar)) left / var(--share) 100% no-repeat; }

header.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; border-bottom: 1px solid var(--rule); }
.top .brand { margin: 0; font-weight: 600; }
.top .brand a { color: inherit; text-decoration: none; }
.top h1 { font-size: 1.25rem; }
.tabs { display: flex; gap: 1.25rem; order: 3; }
.tabs a { padding: .625rem 0; color: var(--soft); text-decoration: none; border-bottom: 3px solid transparent; margin-bottom: -1px; }
.tabs a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--strong); }
.periods { display: flex; order: 4; margin: .375rem 0 .375rem auto; border: 1px solid var(--rule); border-radius: .5rem; overflow: hidden; align-self: center; }
.periods a { padding: .25rem .75rem; color: var(--soft); text-decoration: none; font-size: .875rem; white-space: nowrap; }
.periods a + a { border-left: 1px solid var(--rule); }
.periods a[aria-current] { background: var(--panel); color: var(--text); font-weight: 600; }
.top h1 { flex: 1 1 60%; }
.top ~ main > section:first-child, .top ~ main > .statement:first-child { margin-top: 1.25rem; }
.statement { display: flex; gap: .625rem; align-items: baseline; max-width: none; margin: 1rem 0 .75rem; }
.lamp { flex: none; width: .625rem; height: .625rem; border-radius: 50%; background: var(--good); transform: translateY(.0625rem); }
.lamp.busy { background: var(--busy); }
.lamp.bad { background: var(--bad); border-radius: .125rem; }
.figures.four { grid-template-columns: repeat(4, 1fr); }
.trend { white-space: nowrap; }
.trend.up { color: var(--good); }
.trend.down { color: var(--second); }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 3rem; }
.card { border: 1px solid var(--rule); border-radius: .5rem; padding: .25rem 1rem .75rem; margin: .75rem 0; }
.card h3 { margin-top: .75rem; }
.card p { margin-bottom: .375rem; }
.card .statement { margin: .375rem 0; }
.actions { display: flex; flex-wrap: wrap; gap: .625rem; margin: .75rem 0 .25rem; }
.button { display: inline-block; font: inherit; font-size: .9375rem; line-height: 1.4; padding: .375rem .875rem; border: 1px solid var(--rule); border-radius: .375rem; background: var(--panel); color: var(--text); text-decoration: none; cursor: pointer; }
.button:hover { border-color: var(--strong); }
.button.strong { background: var(--strong); border-color: var(--strong); color: var(--back); font-weight: 600; }
.notice { background: var(--panel); border-left: 4px solid var(--good); border-radius: .25rem; padding: .625rem 1rem; margin: 1rem 0 0; max-width: none; }
.notice.bad { border-color: var(--bad); color: inherit; }
.attention, .running, .costs { padding-left: 1.25rem; margin: .5rem 0; }
.attention li, .running li, .costs li { margin: .375rem 0; }
.attention li::marker { color: var(--bad); }
.download { font-size: .875rem; margin: .375rem 0 0; }
.back { margin: 0 0 .75rem; font-size: .9375rem; }
.id { margin-top: 3rem; font-size: .875rem; max-width: none; }
.urls { margin: .5rem 0 0; }
.urls div { display: flex; flex-wrap: wrap; gap: 0 .75rem; margin: .125rem 0; }
.urls dt { color: var(--soft); min-width: 5.5rem; }
.urls dd { margin: 0; min-width: 0; }
.ask { max-width: 40rem; }
.ask input[type=password] { font: inherit; padding: .375rem .625rem; width: 100%; max-width: 24rem; border: 1px solid var(--soft); border-radius: .375rem; background: var(--back); color: var(--text); }
[hidden] { display: none; }

details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--strong); font-size: .9375rem; padding: .25rem 0; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }

@media (max-width: 44rem) {
  body { padding-top: 1.25rem; }
  section { margin-top: 2.25rem; }
  .figures, .figures.four { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .figures .value { font-size: 1.375rem; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .chart.wide { display: none; }
  .chart.narrow { display: block; max-width: 30rem; }
  .bars thead { display: none; }
  .bars, .bars tbody, .bars tr, .bars tbody th { display: block; }
  .bars tbody tr { padding: .375rem 0; }
  .bars tbody th, .bars td { padding: 0; width: auto; }
  .wide-rows, .wide-rows tbody, .wide-rows tr, .wide-rows th, .wide-rows td { display: block; }
  .wide-rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .wide-rows tr { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
  .wide-rows th, .wide-rows td { border: 0; padding: .0625rem 0; }
  .wide-rows tbody th { font-weight: 600; }
  .wide-rows td { display: flex; justify-content: space-between; gap: 1rem; text-align: end; white-space: normal; }
  .wide-rows td::before { content: attr(data-name); color: var(--soft); text-align: start; flex: none; }
}
@media print {
  html { font-size: 11px; }
  body { max-width: none; padding: 0; }
  .chart, .share, .key { print-color-adjust: exact; }
  .figures div { border: 1px solid var(--rule); }
  figure, tr, .figures div, h2 + p { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details:not([open]) { display: none; }
}
`
