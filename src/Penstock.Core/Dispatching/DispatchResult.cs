using System.Collections.Immutable;
using Penstock.Core.GridEvents;
using Penstock.Core.Units;

namespace Penstock.Core.Dispatching;

/// <summary>
/// The setpoints of one tick: <c>Dispatcher.Dispatch(SiteState state, Instant now) -> DispatchResult</c>, one setpoint per EVSE with an open session.
/// </summary>
/// <param name="Lower">Sum of what the EVSEs could give at most (negative): floors, departures and node limits kept.</param>
/// <param name="Upper">Sum of what they could take at most.</param>
/// <param name="Following">The instruction that decided the sum; null = the plan.</param>
/// <param name="Saturation">Target minus sum when the target lies outside [Lower, Upper]; zero inside.</param>
public sealed record DispatchResult(ImmutableArray<Setpoint> Setpoints, Power Lower, Power Upper, GridEventId? Following, Power Saturation);
