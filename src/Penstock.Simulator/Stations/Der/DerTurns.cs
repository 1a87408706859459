using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Der;

/// <summary>A control as the central system set it: the timeline is that of <see cref="DerTimeline"/>, the values stay as they are on the wire.</summary>
internal sealed record GivenControl(SetDERControlRequest Request) : DerSetting;

/// <summary>A scheduled control that began or ended.</summary>
internal sealed record DerTurn(string ControlId, bool Started, IReadOnlyList<string> SupersededIds);

/// <summary>What a station tells of its timeline (NotifyDERStartStop). Pure.</summary>
internal static class DerTurns
{
    /// <param name="running">Scheduled controls that it told as started.</param>
    /// <returns>Those that run now, and what there is to tell. One that gave way is named by the one that began.</returns>
    internal static (IReadOnlySet<string> Running, IReadOnlyList<DerTurn> Turns) Of(DerTimeline line, IReadOnlySet<string> running, Instant now)
    {
        var runs = line.Entries.Where(e => !e.Control.IsDefault && e.Runs(now)).Select(e => e.Control.Id).ToHashSet();
        var began = runs.Except(running).Select(id => new DerTurn(id, true, [.. line.Entries.Where(e => e.SupersededBy == id && running.Contains(e.Control.Id)).Select(e => e.Control.Id)]));
        var ended = running.Except(runs).Where(id => !line.Entries.Any(e => e.Control.Id == id && e.IsSuperseded)).Select(id => new DerTurn(id, false, []));
        return (runs, [.. began, .. ended]);
    }
}
