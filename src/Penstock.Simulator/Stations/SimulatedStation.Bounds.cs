using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>What ends a transaction or holds its power back: a token that is refused after all (2.x E05, 1.6 5.13), limits of the central system (2.1 E16); and values at the full hour or its parts (J01, J02).</summary>
public sealed partial class SimulatedStation
{
    private IReadOnlyList<string>? alignedMeasurands;
    private double alignedSeconds;
    private DateTimeOffset lastAligned;

    /// <summary>The answer to a start or an event refuses the token: the transaction ends, or the vehicle gets no more than MaxEnergyOnInvalidId.</summary>
    private void NotAccepted(Outlet outlet, WireSession session)
    {
        lock (gate)
        {
            if (outlet.Session != session || session.Deauthorized) return;
            session.Deauthorized = true;
            if (Device.Model.Flag("TxCtrlr", "StopTxOnInvalidId")) End(outlet, V21.Reason.DeAuthorized, V21.TriggerReason.Deauthorized);
            else HoldBack(outlet, session, Now);
        }
    }

    /// <param name="limit">Takes the place of the one before; null = nothing was said of it.</param>
    /// <param name="cost">Running cost in the tariff's currency; null = nothing was said of it.</param>
    private void Told(Outlet outlet, WireSession session, V21.TransactionLimit? limit, decimal? cost)
    {
        lock (gate)
        {
            if (outlet.Session != session) return;
            if (cost is { } total) Device.Tariffs.CostUpdated(new V21.CostUpdatedRequest { TransactionId = session.TransactionId, TotalCost = total });
            if (limit is null || limit == session.Limit) return;
            session.Limit = limit;
            Sample(outlet, session, Now, periodic: false, V21.TriggerReason.LimitSet);
            HoldBack(outlet, session, Now);
        }
    }

    /// <summary>No power from the moment that a bound is reached; it flows again when the bound is raised.</summary>
    private void HoldBack(Outlet outlet, WireSession session, DateTimeOffset now)
    {
        var reached = Reached(outlet, session, now);
        if (reached == session.HeldBack) return;
        session.HeldBack = reached;
        if (reached is not null) outlet.PowerKw = 0;
        Sample(outlet, session, now, periodic: false, reached ?? V21.TriggerReason.ChargingStateChanged);
    }

    private V21.TriggerReason? Reached(Outlet outlet, WireSession session, DateTimeOffset now)
    {
        var chargedWh = outlet.ImportWh - session.StartWh;
        if (session.Deauthorized && chargedWh >= (decimal)Device.Model.Number("TxCtrlr", "MaxEnergyOnInvalidId")) return V21.TriggerReason.Deauthorized;
        return session.Limit is not { } limit ? null
            : chargedWh >= limit.MaxEnergy ? V21.TriggerReason.EnergyLimitReached
            : (now - session.Began).TotalSeconds >= limit.MaxTime ? V21.TriggerReason.TimeLimitReached
            : outlet.Battery?.Fraction * 100 >= limit.MaxSoC ? V21.TriggerReason.SoCLimitReached
            : device?.Tariffs.Cost(session.TransactionId) >= limit.MaxCost ? V21.TriggerReason.CostLimitReached
            : null;
    }

    /// <summary>AlignedDataCtrlr.Interval, counted from midnight UTC; a transaction's values are an event of it.</summary>
    private void SayAligned(DateTimeOffset now)
    {
        if (alignedSeconds <= 0 || Aligned(now) is var slot && slot <= lastAligned) return;
        lastAligned = slot;
        foreach (var outlet in outlets)
        {
            if (outlet.Session is { } session)
            {
                var ofTransaction = AtTheClock(SampleOf(outlet, session, now, V21.TriggerReason.MeterValueClock));
                Say(d => d.SampleAsync(session, ofTransaction), periodic: true);
                continue;
            }

            var idle = AtTheClock(outlet.Sample(At(now), 0));
            Say(d => d.MeterAsync(outlet.Evse, idle), periodic: true);
        }
    }

    private StationSample AtTheClock(StationSample sample) => sample with { Context = V21.ReadingContext.SampleClock, Measurands = alignedMeasurands };

    private DateTimeOffset Aligned(DateTimeOffset now) => new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddSeconds(Math.Floor(now.UtcDateTime.TimeOfDay.TotalSeconds / alignedSeconds) * alignedSeconds);

    private void AlignmentConfigured()
    {
        var (before, list) = (alignedSeconds, Device.Model.List("AlignedDataCtrlr", "Measurands").ToList());
        (alignedSeconds, alignedMeasurands) = (Device.Model.Number("AlignedDataCtrlr", "Interval"), list.Count > 0 ? list : null);
        if (alignedSeconds > 0 && alignedSeconds != before) lastAligned = Aligned(Now);
    }
}
