using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Time;
using Penstock.Core.Units;

namespace Penstock.Core.Planning;

/// <summary>A question to the planner: the same site under other circumstances. <see cref="Of"/> changes a problem, nothing in operation.</summary>
/// <param name="SubsidyPerKilowattHour">Offered by the net rule over <paramref name="SubsidyWindow"/>, in the tariff's currency; 0 = none.</param>
/// <param name="PriceSpread">Factor on how far every price lies from the day's mean: 0 = flat, 1 = as it is.</param>
/// <param name="Participation">Share of the sessions that may discharge which still do, 0 to 1.</param>
/// <param name="ConnectionLimit">Factor on what the point of connection may import and export.</param>
public sealed record WhatIf(double SubsidyPerKilowattHour, Interval? SubsidyWindow, double PriceSpread, double Participation, double ConnectionLimit)
{
    public const double SubsidyMax = 20;

    public const double SpreadMax = 3;

    public const double LimitMax = 3;

    /// <summary>Nothing changes.</summary>
    public static WhatIf Nothing { get; } = new(0, null, 1, 1, 1);

    /// <summary>What is out of range for a problem over <paramref name="grid"/>: the field, its value and what was expected. Empty when it can be asked.</summary>
    public IEnumerable<(string Field, object? Value, string Expected)> Faults(TimeGrid grid)
    {
        if (!Within(SubsidyPerKilowattHour, SubsidyMax)) yield return (nameof(SubsidyPerKilowattHour), SubsidyPerKilowattHour, $"0 to {SubsidyMax}");
        if (!Within(PriceSpread, SpreadMax)) yield return (nameof(PriceSpread), PriceSpread, $"0 to {SpreadMax}");
        if (!Within(Participation, 1)) yield return (nameof(Participation), Participation, "0 to 1");
        if (!Within(ConnectionLimit, LimitMax)) yield return (nameof(ConnectionLimit), ConnectionLimit, $"0 to {LimitMax}");
        if (SubsidyPerKilowattHour > 0 && !(SubsidyWindow is { } window && grid.SlotFrom(window.Start) < grid.SlotFrom(window.End)))
        {
            yield return (nameof(SubsidyWindow), SubsidyWindow, $"for a subsidy a window within {grid.Start} and {grid.End} in which a slot begins");
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">See <see cref="Faults"/>.</exception>
    public PlanningProblem Of(PlanningProblem problem)
    {
        foreach (var (field, value, expected) in Faults(problem.Grid)) throw new ArgumentOutOfRangeException(field, value, $"{expected} was expected.");
        return problem with
        {
            BuyPerKilowattHour = Spread(problem.BuyPerKilowattHour),
            SellPerKilowattHour = Spread(problem.SellPerKilowattHour),
            Sessions = Participating(problem.Sessions),
            Site = problem.Site with { Nodes = [.. problem.Site.Nodes.Select(n => n.ParentId is null ? n with { ImportMax = n.ImportMax * ConnectionLimit, ExportMax = n.ExportMax * ConnectionLimit } : n)] },
            Offers = SubsidyPerKilowattHour > 0 ? [new SubsidyOffer(SubsidyWindow!.Value, SubsidyPerKilowattHour)] : [],
        };
    }

    private static bool Within(double value, double most) => value >= 0 && value <= most; // NaN is not

    private ImmutableArray<double> Spread(ImmutableArray<double> prices)
    {
        if (PriceSpread == 1 || prices.IsEmpty) return prices;
        var mean = prices.Average();
        return [.. prices.Select(p => mean + (PriceSpread * (p - mean)))];
    }

    /// <summary>Who stays out is decided by the session's id, so that a lower share is always a part of a higher one, at one site as over many.</summary>
    private ImmutableArray<PlanningSession> Participating(ImmutableArray<PlanningSession> sessions)
    {
        var drawn = Participation * (1L << 32);
        return [.. sessions.Select(s => s with { MayDischarge = s.MayDischarge && Lot.Of(s.Session.Id.Value) < drawn })];
    }
}
