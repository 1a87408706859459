// Figures that the plan page derives from a plan.
import type { LimitSource, Plan } from './types.ts'

export interface BindingSpan { key: string; siteId: string | null; name: string; source: LimitSource; start: number; end: number; shadow: number }

/** A limit whose next kWh is worth less is not shown: half a cent of any currency. */
const shadowLeast = 0.005

/** Binding limits with consecutive slots joined, the dearest first; the shadow price is the largest of the span. */
export function grouped(plan: Plan): BindingSpan[] {
  const [from, slot] = [Date.parse(plan.aggregate.start), plan.aggregate.resolutionSeconds * 1000]
  const spans: BindingSpan[] = []
  const last = new Map<string, BindingSpan>()
  for (const b of plan.binding.filter(x => Math.abs(x.shadowPricePerKwh) >= shadowLeast).sort((x, y) => x.step - y.step)) {
    const [node, start, side] = [`${b.siteId ?? ''}/${b.nodeId}`, from + b.step * slot, b.shadowPricePerKwh < 0 ? -1 : 1]
    const open = last.get(`${node}${side}`)
    if (open && open.end === start) {
      open.end += slot
      if (Math.abs(b.shadowPricePerKwh) > Math.abs(open.shadow)) open.shadow = b.shadowPricePerKwh
    } else {
      const span = { key: `${node}@${b.step}${side}`, siteId: b.siteId, name: b.name, source: b.source, start, end: start + slot, shadow: b.shadowPricePerKwh }
      last.set(`${node}${side}`, span)
      spans.push(span)
    }
  }
  return spans.sort((x, y) => Math.abs(y.shadow) - Math.abs(x.shadow))
}

/** kWh given to and taken from the grid, and the largest kW taken. */
export function exchanged(plan: Plan): { given: number; taken: number; peak: number } {
  const [values, hours] = [plan.aggregate.values.map(v => v ?? 0), plan.aggregate.resolutionSeconds / 3600]
  return {
    given: values.reduce((sum, v) => sum + Math.max(0, -v), 0) * hours,
    taken: values.reduce((sum, v) => sum + Math.max(0, v), 0) * hours,
    peak: Math.max(0, ...values),
  }
}
