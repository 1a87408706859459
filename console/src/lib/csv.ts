// What is shown is what is exported: UTF-8 with a byte-order mark, so that spreadsheets read Chinese.
export type Cell = string | number | null

export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return '\ufeff' + [head, ...rows].map(row => row.map(field).join(',')).join('\r\n') + '\r\n'
}

function field(value: Cell): string {
  if (value === null) return ''
  const text = String(value)
  // A text that a spreadsheet would run as a formula is kept as text; numbers stay numbers.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function download(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
