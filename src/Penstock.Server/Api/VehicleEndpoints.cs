using System.Globalization;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Fleet;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Api;

public sealed record OwnerTermsView(double FloorPercent, double TargetPercent, DateTimeOffset? Departure, bool DischargeAllowed);

/// <param name="ReadyBy">Local time of every day such as "07:30"; null = unknown.</param>
public sealed record RegisterVehicle(
    string? OwnerId, string? Token, string? Model, double? BatteryKwh, double? ChargeMaxKw, double? DischargeMaxKw, double? FloorPercent, double? TargetPercent, string? ReadyBy, bool? DischargeAllowed);

public sealed record VehicleView(
    string VehicleId, string OwnerId, string? Model, double BatteryKwh, string? ConnectedEvseId, string? SiteId, double? SocPercent, double? PowerKw, OwnerTermsView Terms, string State, double? AgeSeconds,
    double ChargeMaxKw, double DischargeMaxKw, string? SessionId, ExplanationView? Explanation);

public sealed record ThresholdsView(IReadOnlyList<double?> ChargeUpToPercent, IReadOnlyList<double?> DischargeDownToPercent);

public sealed record VehiclePlanView(SeriesView Power, SeriesView Soc, ThresholdsView Thresholds);

public sealed record VehicleHistoryView(SeriesView Power, SeriesView Soc);

/// <summary>Why a vehicle does what it does.</summary>
public sealed record ExplanationView(
    DateTimeOffset At, string? PlanId, double? SetpointKw, double? PowerKw, string Code, IReadOnlyDictionary<string, string> Params, IReadOnlyList<LimitEntryView> Limits, IReadOnlyList<string> RefusedDischarge,
    VehiclePlanView? Plan, VehicleHistoryView History, double FloorPercent, double TargetPercent, DateTimeOffset? Departure, DateTimeOffset? ReadyAt, double? MarginMinutes, IReadOnlyList<RelaxationView> Relaxed);

/// <summary>Which sessions; every member narrows. Status is open, or anything else for those that are over.</summary>
public sealed record SessionQuery(string? SiteId = null, string? VehicleId = null, string? StationId = null, string? Token = null, string? TransactionId = null, string? Status = null);

/// <summary>Vehicles as a person reads them.</summary>
public sealed class VehicleReader(FleetRegister fleet, SiteDirectory sites, OpenSessions open, SqlStore store, TimeProvider time)
{
    public IReadOnlyList<VehicleView> All()
    {
        var at = open.All.Where(s => s.Vehicle is not null).GroupBy(s => s.Vehicle!.Vehicle.Id).ToDictionary(g => g.Key, g => g.Last());
        return [.. fleet.All.Select(v => View(v, at.GetValueOrDefault(v.Vehicle.Id), explain: false))];
    }

    public VehicleView? Find(VehicleId id) => fleet.Find(id) is { } found ? View(found, open.All.LastOrDefault(s => s.Vehicle?.Vehicle.Id == id), explain: true) : null;

    private VehicleView View(RegisteredVehicle vehicle, OpenSession? session, bool explain)
    {
        var now = time.Now();
        var site = session?.Site is { } id ? sites.Find(id)?.Snapshot : null;
        var evse = session is null ? null : site?.Evses.GetValueOrDefault(session.Evse);
        var car = vehicle.Vehicle;
        var terms = evse?.Session?.Terms ?? session?.Terms ?? new OwnerTerms(vehicle.Terms.Floor, vehicle.Terms.Target, null, vehicle.Terms.DischargeAllowed);
        var power = evse?.Measurement?.ActivePower;
        return new VehicleView(
            car.Id.Value, car.Owner.Value, car.Model, car.Capacity.KilowattHours, session?.Evse.ToString(), session?.Site?.Value, evse?.Session?.StateOfCharge is { } soc ? Math.Round(soc.Percent, 1) : null,
            power is { } p ? Names.Kw(p) : null, new OwnerTermsView(terms.Floor.Percent, terms.Target.Percent, terms.Departure?.ToDateTimeOffset(), terms.DischargeAllowed), State(session, evse, power),
            evse?.Measurement is { } m ? Math.Max(0, (now - m.At).TotalSeconds) : null, Names.Kw(car.ChargeMax), Names.Kw(car.DischargeMax), session?.Id.Value,
            explain && evse?.Session is { } inSite && site is not null ? Explain(site, evse, inSite, car, now) : null);
    }

    private static string State(OpenSession? session, EvseState? evse, Power? power) =>
        session is null ? "away" : evse is not { Online: true } ? "noLink"
        : power > Power.FromWatts(100) ? "charging" : power < Power.FromWatts(-100) ? "giving" : evse.Setpoint is null ? "waiting" : "paused";

    private ExplanationView Explain(SiteState site, EvseState evse, ChargingSession session, Vehicle car, Instant now)
    {
        var planned = site.Plan?.Sessions.GetValueOrDefault(session.Id);
        var (code, parameters) = Reason(site, evse, session, now);
        var rows = store.Query<ReadingRow>(ReadingRow.Select + " WHERE session_id = @Id ORDER BY at", new { Id = session.Id.Value });
        var ready = planned is null ? null : ReadyAt(site, planned, session, car);
        return new ExplanationView(
            now.ToDateTimeOffset(), site.Plan?.Id.Value, evse.Setpoint is { } s ? Names.Kw(s.Power) : null, evse.Measurement?.ActivePower is { } p ? Names.Kw(p) : null, code, parameters,
            [.. evse.Setpoint?.Limits.Select(LimitEntryView.Of) ?? []], [.. evse.Setpoint?.Refusals.Select(r => Names.Camel(r.ToString())) ?? []],
            planned is null ? null : Planned(site, planned, car), Past(rows, session.StartedAt, now), session.Terms.Floor.Percent, session.Terms.Target.Percent, session.Terms.Departure?.ToDateTimeOffset(),
            ready?.ToDateTimeOffset(), ready is { } at && session.Terms.Departure is { } leave ? Math.Round((leave - at).TotalMinutes) : null,
            [.. site.Plan?.Relaxed.Where(r => r.Vehicle == car.Id).Select(r => new RelaxationView(r.Vehicle?.Value, r.Site?.Value, r.What, Math.Round(r.By, 3), r.Unit)) ?? []]);
    }

    private static (string Code, Dictionary<string, string> Params) Reason(SiteState site, EvseState evse, ChargingSession session, Instant now)
    {
        var parameters = new Dictionary<string, string>();
        if (evse.Setpoint is { } s) parameters["kw"] = Math.Abs(s.Power.Kilowatts).ToString("0.0", CultureInfo.InvariantCulture);
        var active = site.Instructions.FirstOrDefault(i => i.IsActiveAt(now));
        if (active is not null) parameters["event"] = active.Name;
        if (evse.Setpoint is { Binding: LimitSource.Cabinet or LimitSource.Transformer or LimitSource.PointOfConnection } limited)
        {
            parameters["limit"] = limited.Limits.FirstOrDefault(l => l.Binding)?.Name ?? "";
        }

        return (Code(evse, session, active is not null), parameters);
    }

    private static string Code(EvseState evse, ChargingSession session, bool active) =>
        !evse.Online ? "noLink"
        : session.Vehicle is null ? "unknownVehicle"
        : evse.Setpoint is not { } s ? "plan.waiting"
        : session.AtFloor && s.Power <= Power.Zero ? "atFloor"
        : s.Binding is LimitSource.Cabinet or LimitSource.Transformer or LimitSource.PointOfConnection ? "limited.node"
        : active && s.Power < Power.Zero ? "event.giving"
        : active && s.Refusals.Length > 0 ? "refused"
        : session.StateOfCharge is { Fraction: > 0.995 } ? "charging.full"
        : s.Binding == LimitSource.Owner && s.Power > Power.Zero ? "charging.departure"
        : s.Power < Power.Zero ? "plan.giving"
        : s.Power > Power.Zero ? "charging.plan" : "plan.waiting";

    private static Instant? ReadyAt(SiteState site, Core.Planning.SessionPlan planned, ChargingSession session, Vehicle car)
    {
        var target = session.Terms.Target.Stored(car.Capacity).WattHours * 0.999;
        for (var t = planned.StoredEnergy.Length - 1; t >= 0; t--)
        {
            if (planned.StoredEnergy[t].WattHours < target) return t == planned.StoredEnergy.Length - 1 ? null : site.Plan!.Grid.StartOf(t + 1);
        }

        return site.Plan!.Grid.Start;
    }

    private static VehiclePlanView Planned(SiteState site, Core.Planning.SessionPlan planned, Vehicle car)
    {
        var grid = site.Plan!.Grid;
        return new VehiclePlanView(
            new SeriesView(grid.Start.ToDateTimeOffset(), (int)grid.Slot.TotalSeconds, "kW", [.. planned.Power.Select(p => (double?)Names.Kw(p))]),
            new SeriesView(grid.Start.ToDateTimeOffset(), (int)grid.Slot.TotalSeconds, "%", [.. planned.StoredEnergy.Select(e => Percent(e))]),
            new ThresholdsView([.. planned.ChargeUpTo.Select(Percent)], [.. planned.DischargeDownTo.Select(Percent)]));

        double? Percent(Energy? energy) => energy is { } e ? Math.Round(e.WattHours / car.Capacity.WattHours * 100, 1) : null;
    }

    private static VehicleHistoryView Past(List<ReadingRow> rows, Instant start, Instant now)
    {
        var from = Instant.Max(start, now - Duration.FromHours(24));
        var slots = (int)Math.Clamp(Math.Ceiling((now - from).TotalMinutes / 5), 0, 288);
        var (power, soc) = (new double?[slots], new double?[slots]);
        foreach (var row in rows)
        {
            var slot = (int)Math.Floor((row.Time - from).TotalMinutes / 5);
            if (slot < 0 || slot >= slots) continue;
            power[slot] = row.PowerW is { } w ? Math.Round(w / 1000, 3) : power[slot];
            soc[slot] = row.Soc is { } s ? Math.Round(s * 100, 1) : soc[slot];
        }

        return new VehicleHistoryView(new SeriesView(from.ToDateTimeOffset(), 300, "kW", power), new SeriesView(from.ToDateTimeOffset(), 300, "%", soc));
    }
}

public sealed record SessionView(
    string SessionId, string TransactionId, string StationId, string EvseId, string SiteId, string? VehicleId, DateTimeOffset Start, DateTimeOffset? End, double EnergyImportedKwh, double EnergyExportedKwh,
    double? SocStartPercent, double? SocEndPercent, string Guarantee, string? StatementId, string Status, string? WaitingFor,
    bool TimesOfReceipt, string? Token, string? StopReason);

internal static class VehicleEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/vehicles", (VehicleReader reader) => new PageView<VehicleView>(reader.All(), null));
        api.MapGet("/vehicles/{id}", (string id, VehicleReader reader) => reader.Find(new VehicleId(id)) is { } found ? Results.Ok(found) : Problems.NotFound("vehicle", id));
        api.MapPut("/vehicles/{id}", Register);
        api.MapPut("/vehicles/{id}/terms", ChangeTerms);
        api.MapGet("/sessions", (SqlStore store, [AsParameters] SessionQuery query) => new PageView<SessionView>([.. Sessions(store, query, null)], null));
        api.MapGet("/sessions/{id}", (string id, SqlStore store) => Sessions(store, new SessionQuery(), id).FirstOrDefault() is { } found ? Results.Ok(found) : Problems.NotFound("session", id));
    }

    private static IResult Register(string id, RegisterVehicle body, FleetRegister fleet, VehicleReader reader)
    {
        var faults = Faults(body).ToList();
        if (fleet.ByToken(body.Token) is { } other && other.Vehicle.Id.Value != id) faults.Add(new Fault("/token", "taken", $"The token belongs to vehicle {other.Vehicle.Id}."));
        if (faults.Count > 0) return Problems.Invalid(faults);
        var vehicle = new Vehicle(
            new VehicleId(id), new OwnerId(body.OwnerId ?? id), body.Model, Energy.FromKilowattHours(body.BatteryKwh!.Value), Power.FromKilowatts(body.ChargeMaxKw!.Value), Power.FromKilowatts(body.DischargeMaxKw ?? 0), 0.95, 0.95, 0.15m);
        var terms = new StandingTerms(
            StateOfCharge.FromPercent(body.FloorPercent ?? 30), StateOfCharge.FromPercent(body.TargetPercent ?? 80),
            body.ReadyBy is { } text ? LocalTime.FromTimeOnly(TimeOnly.Parse(text, CultureInfo.InvariantCulture)) : null, body.DischargeAllowed ?? false);
        fleet.Put(new RegisteredVehicle(vehicle, body.Token!, terms, new ContractTerms("standard", 0.10m, 0m, 0.2m, 0.15m)));
        return Results.Ok(reader.Find(vehicle.Id));
    }

    private static IEnumerable<Fault> Faults(RegisterVehicle body)
    {
        if (string.IsNullOrWhiteSpace(body.Token) || body.Token.Length > 255) yield return new Fault("/token", "required", "token is the idTag or idToken of the vehicle, up to 255 characters (20 for OCPP 1.6).");
        if (body.BatteryKwh is not (> 0 and <= 2000)) yield return new Fault("/batteryKwh", "range", "batteryKwh is above 0 and at most 2000.");
        if (body.ChargeMaxKw is not (> 0 and <= 4000)) yield return new Fault("/chargeMaxKw", "range", "chargeMaxKw is above 0 and at most 4000.");
        if (body.DischargeMaxKw is < 0 or > 4000) yield return new Fault("/dischargeMaxKw", "range", "dischargeMaxKw is 0 to 4000, a magnitude.");
        if (body.FloorPercent is < 0 or > 100 || body.TargetPercent is < 0 or > 100 || body.FloorPercent > body.TargetPercent) yield return new Fault("/floorPercent", "range", "0 <= floorPercent <= targetPercent <= 100.");
        if (body.ReadyBy is { } ready && !TimeOnly.TryParse(ready, CultureInfo.InvariantCulture, out _)) yield return new Fault("/readyBy", "format", "readyBy is a local time such as 07:30.");
    }

    private static IResult ChangeTerms(string id, OwnerTermsView body, FleetRegister fleet, OpenSessions open, SiteDirectory sites, VehicleReader reader, SqlStore store, TimeProvider time)
    {
        if (fleet.Find(new VehicleId(id)) is not { } vehicle) return Problems.NotFound("vehicle", id);
        if (body.FloorPercent is < 0 or > 100 || body.TargetPercent is < 0 or > 100 || body.FloorPercent > body.TargetPercent) return Problems.Invalid([new Fault("/floorPercent", "range", "0 <= floorPercent <= targetPercent <= 100.")]);
        var terms = new OwnerTerms(
            StateOfCharge.FromPercent(body.FloorPercent), StateOfCharge.FromPercent(body.TargetPercent), body.Departure is { } at ? Instant.FromDateTimeOffset(at) : null, body.DischargeAllowed);
        fleet.Put(vehicle with { Terms = vehicle.Terms with { Floor = terms.Floor, Target = terms.Target, DischargeAllowed = terms.DischargeAllowed } });
        if (open.All.LastOrDefault(s => s.Vehicle?.Vehicle.Id == vehicle.Vehicle.Id) is { } session)
        {
            store.Execute("UPDATE session SET terms = @Terms WHERE session_id = @Id", new { Id = session.Id.Value, Terms = StorageJson.Write(terms) });
            open.Add(session with { Terms = terms });
            if (session.Site is { } site) sites.Find(site)?.Post(new TermsChanged(time.Now(), session.Id, terms, vehicle.Vehicle, null));
        }

        return Results.Ok(reader.Find(vehicle.Vehicle.Id));
    }

    private static IEnumerable<SessionView> Sessions(SqlStore store, SessionQuery query, string? id)
    {
        var rows = store.Query<SessionRow>(
            SessionRow.Select + """
             WHERE (@SiteId IS NULL OR site_id = @SiteId) AND (@VehicleId IS NULL OR vehicle_id = @VehicleId) AND (@id IS NULL OR session_id = @id)
               AND (@StationId IS NULL OR station_id = @StationId) AND (@Token IS NULL OR token = @Token COLLATE NOCASE) AND (@TransactionId IS NULL OR transaction_id = @TransactionId)
               AND (@status IS NULL OR (@status = 'open') = (status = 'open')) ORDER BY started_at DESC LIMIT 300
            """,
            new { query.SiteId, query.VehicleId, query.StationId, query.Token, query.TransactionId, status = query.Status, id });
        foreach (var row in rows)
        {
            var readings = store.Query<ReadingRow>(ReadingRow.Select + " WHERE session_id = @Id ORDER BY at", new { Id = row.SessionId });
            var registers = ReadingRow.Registers(readings);
            var moved = RegisterLine.Moved(registers);
            var socs = readings.Where(r => r.Soc is not null).ToList();
            yield return new SessionView(
                row.SessionId, row.TransactionId, row.StationId, row.EvseId.ToString(), row.SiteId ?? "", row.VehicleId, row.Start.ToDateTimeOffset(), row.End?.ToDateTimeOffset(),
                (double)moved.ImportWh / 1000, (double)moved.ExportWh / 1000,
                socs.Count == 0 ? null : Math.Round(socs[0].Soc!.Value * 100, 1), socs.Count == 0 ? null : Math.Round(socs[^1].Soc!.Value * 100, 1),
                row.Guarantee ?? "kept", row.Status == "settled" ? $"ST-{row.SessionId}" : null, row.Status, row.WaitingFor, readings.Exists(r => r.Clock == Gateway.DeviceClock.Receipt), row.Token, row.StopReason);
        }
    }
}
