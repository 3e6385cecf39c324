import { drawChart, type Chart } from './chart.ts'
import { markup, type Markup } from './markup.ts'
import { table, type Table } from './table.ts'

/** What a line or bar of a chart means: its class, and its name. */
export type Legend = readonly (readonly [style: string, name: string])[]

/** A chart with its legend, and its numbers as a table. */
export function figure(chart: Chart, legend: Legend, numbers: Table): Markup {
  return markup`
<figure>
${legend.length === 0 ? null : markup`<ul class="legend">${legend.map(([style, name]) => markup`<li><span class="key ${style}"></span>${name}</li>`)}</ul>`}
${drawChart(chart)}
${folded(`The numbers: ${numbers.caption}`, table(numbers))}
</figure>`
}

export function folded(summary: string, content: Markup): Markup {
  return markup`<details><summary>${summary}</summary>${content}</details>`
}
