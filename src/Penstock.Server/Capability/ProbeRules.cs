using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Server.Capability;

/// <summary>Why a probe is not made now.</summary>
public sealed record ProbeRefusal(string Code, string Text);

public enum ProbeVerdict
{
    Running,

    /// <summary>The meter showed the discharge.</summary>
    Verified,

    /// <summary>It took the setpoint and the meter showed none.</summary>
    NoEffect,

    /// <summary>It did not take the setpoint.</summary>
    Refused,

    /// <summary>No measurement came while the probe ran: nothing is learnt.</summary>
    NotMeasured,
}

/// <summary>When a station may be tried with a small discharge, and what the meter says of it. Pure.</summary>
public static class ProbeRules
{
    /// <summary>The setpoint lapses in the station by itself after this; with it at most 50 Wh move.</summary>
    public const int LastsSeconds = 60;

    /// <summary>State of charge above the owner's floor that a probe needs.</summary>
    public static readonly StateOfCharge Margin = StateOfCharge.FromPercent(10);

    /// <summary>A probe is not made so close before the departure.</summary>
    public static readonly Duration BeforeDeparture = Duration.FromMinutes(30);

    /// <summary>The same EVSE is not tried again before this.</summary>
    public static readonly Duration AgainAfter = Duration.FromMinutes(10);

    /// <summary>A power that was measured longer ago proves no meter.</summary>
    public static readonly Duration MeterFresh = Duration.FromMinutes(5);

    /// <summary>Values that the station took before it could obey do not count.</summary>
    public static readonly Duration Settles = Duration.FromSeconds(5);

    public const double WattsMax = 3000;

    /// <param name="power">Negative.</param>
    public static ImmutableArray<ProbeRefusal> Refusals(SiteState site, EvseState evse, Power power, Instant now)
    {
        var refusals = ImmutableArray.CreateBuilder<ProbeRefusal>();
        Unless(power.IsDischarge && power.Magnitude.Watts is >= 100 and <= WattsMax, "watts", $"{power.Watts:0} W; a discharge of 100 to {WattsMax:0} W, as a negative number, was expected.");
        Unless(evse.Online, "offline", "The station is not connected.");
        if (evse.Session is not { Vehicle: { } vehicle } session)
        {
            refusals.Add(new ProbeRefusal("noVehicle", "No known vehicle is plugged in: nobody has consented."));
            return refusals.ToImmutable();
        }

        Unless(session.Terms.DischargeAllowed, "contract", "The owner has not consented to discharge.");
        Unless(session.StateOfCharge is { } soc && soc.Fraction >= session.Terms.Floor.Fraction + Margin.Fraction, "stateOfCharge", $"The state of charge is unknown or less than {Margin.Percent:0} % above the owner's floor of {session.Terms.Floor.Percent:0} %.");
        Unless(session.Terms.Departure is null || session.Terms.Departure > now + BeforeDeparture, "departure", $"The vehicle leaves within {BeforeDeparture.TotalMinutes:0} minutes.");
        Unless(vehicle.DischargeMax >= power.Magnitude, "vehicle", $"The vehicle gives at most {vehicle.DischargeMax}.");
        Unless(site.Layout.GridPermitsExport && Above(site.Layout, evse).All(n => n.ExportMax >= power.Magnitude), "gridPermission", "The site or a node above the EVSE does not permit the export.");
        Unless(!site.Instructions.Any(i => i.IsActiveAt(now)), "gridEvent", "A grid order is running; a probe would disturb it.");
        Unless(evse.Measurement is { ActivePower: not null, At: var at } && now - at <= MeterFresh, "meter", $"No power was measured in the last {MeterFresh.TotalMinutes:0} minutes: nothing could verify the probe.");
        return refusals.ToImmutable();

        void Unless(bool holds, string code, string text)
        {
            if (!holds) refusals.Add(new ProbeRefusal(code, text));
        }
    }

    /// <summary>Verified by one measurement of at least half the power, not of a large multiple; without effect once the time is up and measurements came.</summary>
    /// <param name="measured">Powers that were measured since it settled.</param>
    public static ProbeVerdict Judge(Power asked, IReadOnlyCollection<Power> measured, bool timeIsUp) =>
        measured.Any(p => p <= asked * 0.5 && p >= (asked * 3) - Power.FromWatts(200)) ? ProbeVerdict.Verified
        : !timeIsUp ? ProbeVerdict.Running
        : measured.Count > 0 ? ProbeVerdict.NoEffect : ProbeVerdict.NotMeasured;

    private static IEnumerable<LimitNode> Above(SiteLayout layout, EvseState evse)
    {
        var nodes = layout.Nodes.ToDictionary(n => n.NodeId);
        for (var id = evse.Layout.NodeId; id is not null && nodes.TryGetValue(id, out var node); id = node.ParentId)
        {
            yield return node;
        }
    }
}
