using System.Globalization;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.GridEvents;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;

namespace Penstock.Server.Api;

public sealed record ScopeView(string Kind, string? SiteId);

public sealed record EventView(
    string EventId, string Name, string Source, ScopeView Scope, double TargetKw, double[] BandPercent, DateTimeOffset Start, DateTimeOffset End, string State, string SubsidyPerKwh, string Currency,
    DateTimeOffset NotifiedAt, double? DeliveredKw, double DeliveredKwh, double OrderedKwh, double? ComplianceRatio, double? MeanTrackingErrorRatio);

public sealed record ParticipantsView(int Vehicles, int Giving, int AtFloor, int Unreachable, int OptedOut, double ReserveKw);

public sealed record EventSiteView(string SiteId, string Name, double AskedKw, double GivingKw, int Vehicles, string? Why);

public sealed record EventLogView(DateTimeOffset At, string Code, IReadOnlyDictionary<string, string> Params);


public sealed record CreateEvent(string? Name, string? SiteId, double? TargetKw, DateTimeOffset? Start, DateTimeOffset? End, double[]? BandPercent, string? SubsidyPerKwh);

public sealed record AbortEvent(string? Reason);

/// <summary>Events as a person reads them.</summary>
public sealed class EventReader(SiteDirectory sites, GridEventDesk desk, TimeProvider time)
{
    public EventView Summary(EventRecord record)
    {
        var one = record.Instruction;
        var minutes = desk.DeliveredByMinute(record, one.Window);
        return new EventView(
            one.Id.Value, one.Name, one.Source, new ScopeView(one.Site is null ? "portfolio" : "site", one.Site?.Value), Names.Kw(one.Target), [one.BandLower * 100, one.BandUpper * 100],
            one.Window.Start.ToDateTimeOffset(), one.Window.End.ToDateTimeOffset(), Names.Camel(record.State.ToString()), one.Subsidy.PerKilowattHour.ToString(CultureInfo.InvariantCulture), one.Subsidy.Currency.Code,
            one.NotifiedAt.ToDateTimeOffset(), record.State == EventStates.Running ? Math.Round(Now(record), 3) : null, Math.Round(record.DeliveredWh / 1000 ?? minutes.Sum(m => -m.Watts) / 60_000, 3),
            Math.Round(Math.Abs(one.Target.Kilowatts) * one.Window.Duration.TotalHours, 3), record.ComplianceRatio, record.MeanTrackingErrorRatio);
    }

    public object Detail(EventRecord record)
    {
        var s = Summary(record);
        var (from, to) = (record.Instruction.Window.Start - Duration.FromHours(1), record.Instruction.Window.End + Duration.FromMinutes(30));
        var minutes = (int)(to - from).TotalMinutes;
        var delivered = desk.DeliveredByMinute(record, new Interval(from, to)).ToDictionary(m => m.At, m => m.Watts);
        return new
        {
            s.EventId, s.Name, s.Source, s.Scope, s.TargetKw, s.BandPercent, s.Start, s.End, s.State, s.SubsidyPerKwh, s.Currency, s.NotifiedAt, s.DeliveredKw, s.DeliveredKwh, s.OrderedKwh, s.ComplianceRatio, s.MeanTrackingErrorRatio,
            Baseline = Series(at => Baseline(record, at)),
            Target = Series(at => record.Instruction.Window.Contains(at) ? record.Instruction.Target.Kilowatts : null),
            Delivered = Series(at => delivered.TryGetValue(at, out var watts) ? watts / 1000 : null),
            Participants = Participants(record),
            BySite = record.Shares.Select(share => Site(share)).ToList(),
            Log = record.Log.Select(l => new EventLogView(l.At.ToDateTimeOffset(), l.Code, l.Params)).ToList(),
        };

        SeriesView Series(Func<Instant, double?> value) => new(from.ToDateTimeOffset(), 60, "kW",
            [.. Enumerable.Range(0, minutes).Select(m => value(from + Duration.FromMinutes(m)) is { } v ? (double?)Math.Round(v, 3) : null)]);
    }

    private static double? Baseline(EventRecord record, Instant at)
    {
        double? sum = null;
        foreach (var share in record.Shares)
        {
            var slot = (int)Math.Floor((at - share.BaselineFrom) / Duration.FromMinutes(15));
            if (slot >= 0 && slot < share.BaselineW.Length) sum = (sum ?? 0) + (share.BaselineW[slot] / 1000);
        }

        return sum;
    }

    private double Now(EventRecord record) => States(record).Sum(s => SitePower.Of(s).Kilowatts);

    private ParticipantsView Participants(EventRecord record)
    {
        var states = States(record).ToList();
        var open = states.SelectMany(s => s.Evses.Values).Where(e => e.Session is not null).ToList();
        var dispatch = sites.Loops.Where(l => record.Shares.Any(s => s.SiteId == l.Id.Value)).Select(l => l.LastDispatch).Where(d => d is not null).ToList();
        var giving = open.Count(e => e.Measurement?.ActivePower < Power.FromWatts(-100));
        var vehicles = record.State == EventStates.Measured ? record.Participants : open.Count(e => e.Layout.Discharge != DischargeMethod.None && e.Session!.Terms.DischargeAllowed);
        return new ParticipantsView(vehicles, giving, open.Count(e => e.Session!.AtFloor), open.Count(e => !e.Online || !e.Following), open.Count(e => !e.Session!.Terms.DischargeAllowed),
            Math.Round(Math.Max(0, Now(record) - dispatch.Sum(d => d!.Lower.Kilowatts)), 2));
    }

    private EventSiteView Site(EventShare share)
    {
        var state = sites.Find(new SiteId(share.SiteId))?.Snapshot;
        var saturation = sites.Loops.FirstOrDefault(l => l.Id.Value == share.SiteId)?.LastDispatch?.Saturation ?? Power.Zero;
        return new EventSiteView(share.SiteId, state?.Layout.Name ?? share.SiteId, Math.Round(share.AskedW / 1000, 3), state is null ? 0 : Names.Kw(SitePower.Of(state)),
            state?.Evses.Values.Count(e => e.Session is not null) ?? 0, saturation.Magnitude > Power.FromKilowatts(1) ? "saturated" : null);
    }

    private IEnumerable<SiteState> States(EventRecord record) => record.Shares.Select(s => sites.Find(new SiteId(s.SiteId))?.Snapshot).OfType<SiteState>();

    internal Instant Clock => time.Now();
}

internal static class EventEndpoints
{
    private static long lastId = DateTimeOffset.UnixEpoch.Ticks;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/events", (EventTable table, EventReader reader) => new PageView<EventView>([.. table.All.Take(200).Select(reader.Summary)], null));
        api.MapGet("/events/{id}", (string id, EventTable table, EventReader reader) =>
            table.Find(new GridEventId(id)) is { } found ? Results.Ok(reader.Detail(found)) : Problems.NotFound("event", id));
        api.MapPost("/events", Create);
        api.MapPost("/events/{id}/abort", (string id, AbortEvent body, GridEventDesk desk, EventReader reader) =>
            desk.Abort(new GridEventId(id), body.Reason ?? "", reader.Clock) is { } done ? Results.Ok(reader.Detail(done)) : Problems.NotFound("armed or running event", id));
    }

    private static IResult Create(CreateEvent body, HttpRequest request, GridEventDesk desk, EventReader reader, SiteDirectory sites)
    {
        var now = reader.Clock;
        var faults = Faults(body, sites, now).ToList();
        if (faults.Count > 0) return Problems.Invalid(faults);
        var band = body.BandPercent ?? [90, 120];
        var id = new GridEventId($"E-{now.ToUnixTimeMilliseconds()}-{Interlocked.Increment(ref lastId) % 1000:D3}");
        var record = desk.Accept(
            new GridInstruction(
                id, body.Name!, "api", body.SiteId is { } site ? new SiteId(site) : null, Power.FromKilowatts(body.TargetKw!.Value),
                new Interval(Instant.FromDateTimeOffset(body.Start!.Value), Instant.FromDateTimeOffset(body.End!.Value)), band[0] / 100, band[1] / 100,
                new EnergyPrice(decimal.Parse(body.SubsidyPerKwh ?? "0", CultureInfo.InvariantCulture), Currency.Cny), now),
            request.Headers["Idempotency-Key"] is [{ Length: > 0 } key] ? key : null);
        return Results.Created($"/api/v1/events/{record.Instruction.Id}", reader.Detail(record));
    }

    private static IEnumerable<Fault> Faults(CreateEvent body, SiteDirectory sites, Instant now)
    {
        if (string.IsNullOrWhiteSpace(body.Name)) yield return new Fault("/name", "required", "An event has a name.");
        if (body.Name?.Length > 200) yield return new Fault("/name", "tooLong", "A name has at most 200 characters.");
        if (body.SiteId is { } site && sites.Find(new SiteId(site)) is null) yield return new Fault("/siteId", "unknown", $"There is no site \"{site}\".");
        if (body.TargetKw is not { } target || !double.IsFinite(target) || Math.Abs(target) > 1e7) yield return new Fault("/targetKw", "range", "targetKw is a number of kW; negative asks for power to the grid.");
        if (body.Start is not { } start || body.End is not { } end) yield return new Fault("/start", "required", "start and end are RFC 3339 times.");
        else if (end <= start || end - start > TimeSpan.FromDays(1)) yield return new Fault("/end", "range", "end is after start, by at most a day.");
        else if (Instant.FromDateTimeOffset(end) <= now) yield return new Fault("/end", "past", $"The window is over; it is {now} now.");
        if (body.BandPercent is { } band && (band.Length != 2 || band[0] <= 0 || band[1] < band[0] || band[1] > 1000)) yield return new Fault("/bandPercent", "range", "bandPercent is [lower, upper] in percent of the target, such as [90, 120].");
        if (body.SubsidyPerKwh is { } subsidy && (!decimal.TryParse(subsidy, NumberStyles.Number, CultureInfo.InvariantCulture, out var amount) || amount is < 0 or > 1000)) yield return new Fault("/subsidyPerKwh", "range", "subsidyPerKwh is a decimal as text, such as \"4.00\".");
    }
}
