import { drawChart, type Chart } from './chart.ts'
import { markup, type Markup } from './markup.ts'
import { table, type Table } from './table.ts'

/** The meaning of each line or bar of a chart: its class, and its name. */
export type Legend = readonly (readonly [style: string, name: string])[]

/** Returns a chart with its legend, and its numbers as a table. */
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
