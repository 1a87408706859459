using System.Globalization;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.Server.Fleet;
using Penstock.Server.Gateway;
using Penstock.Server.GridEvents;
using Penstock.Server.Storage;

namespace Penstock.Server.Sites;

/// <summary>What a message does: the rows that commit with its journal entry, and the inputs that follow once it is on disk.</summary>
public sealed record SessionEffects(IReadOnlyList<Projection> Projections, IReadOnlyList<Action> AfterCommit)
{
    public static SessionEffects None { get; } = new([], []);
}

/// <summary>Turns a station's reports into session rows and site inputs. Called by one station's messages one after another.</summary>
public sealed class SessionDesk(OpenSessions open, SiteDirectory sites, FleetRegister fleet, SqlStore store, Settlement.SettlementWorker settlement, CalledEnergies called)
{
    /// <summary>Terms of a vehicle nobody knows: charge only, target full, departure unknown.</summary>
    public static readonly OwnerTerms UnknownTerms = new(StateOfCharge.Empty, StateOfCharge.Full, null, DischargeAllowed: false);

    /// <summary>How long after the end a register still closes a session that lacks one.</summary>
    public static readonly Duration LateMax = Duration.FromMinutes(5);

    public SessionEffects Prepare(StationId station, IEnumerable<StationReport> reports)
    {
        var work = new Work(station);
        foreach (var report in reports)
        {
            switch (report)
            {
                case TransactionStarted started: Start(work, started); break;
                case MeterSampled sampled: Sample(work, sampled); break;
                case ModeTold told when Known(work, told.TransactionId) is { } session: work.Tell(sites.Of(station), new OperationModeTold(told.At, session.Evse, told.TransactionId, told.Mode)); break;
                case TransactionEnded ended: End(work, ended); break;
                case NeedsTold needs: Need(work, needs); break;
            }
        }

        return new SessionEffects(work.Projections, work.After);
    }

    private void Start(Work work, TransactionStarted started)
    {
        if (Known(work, started.TransactionId) is { } known)
        {
            var vehicle = fleet.ByToken(started.Token);
            if (started.Token is { } token) work.Projections.Add(new Projection("UPDATE session SET token = COALESCE(token, @token) WHERE session_id = @Id", new { Id = known.Id.Value, token }));
            if (!started.Begins || known.Vehicle is null || vehicle is null || vehicle.Vehicle.Id == known.Vehicle.Vehicle.Id || started.At <= known.StartedAt)
            {
                if (known.Vehicle is null && vehicle is not null) Identify(work, known, vehicle);
                return;
            }

            Close(work, known, started.At); // another vehicle under the same id: the station began to count anew
        }
        else if (Ended(work.Station, started.TransactionId) is { } over && (!started.Begins || started.At <= over.End))
        {
            if (over.Vehicle is null && fleet.ByToken(started.Token) is { } late) Identify(work, over, late, started);
            return; // the start or the end, told late or again
        }

        var evse = new EvseId(work.Station, started.Evse);
        if (open.At(evse) is { } left && left.TransactionId != started.TransactionId) Close(work, left, started.At); // the station never told the end of the session before
        Open(work, evse, started.TransactionId, fleet.ByToken(started.Token), started.At, started.Token);
    }

    private OpenSession Open(Work work, EvseId evse, string transaction, RegisteredVehicle? vehicle, Instant at, string? token = null)
    {
        var site = sites.Of(work.Station);
        var terms = vehicle?.Terms.At(at, DateTimeZoneProviders.Tzdb[site?.Snapshot.Layout.TimeZone ?? "UTC"]) ?? UnknownTerms;
        var session = new OpenSession(FreeId(work.Station, transaction), transaction, evse, site?.Id, vehicle, terms, at);
        work.Sessions[transaction] = session;
        work.Projections.Add(new Projection(
            "INSERT INTO session (session_id, transaction_id, station_id, evse, site_id, vehicle_id, terms, started_at, status, token) VALUES (@Id, @Transaction, @Station, @Evse, @Site, @Vehicle, @Terms, @At, 'open', @token)",
            new
            {
                Id = session.Id.Value, Transaction = transaction, Station = work.Station.Value, Evse = evse.Number, Site = site?.Id.Value, Vehicle = vehicle?.Vehicle.Id.Value,
                Terms = StorageJson.Write(terms), At = at.ToUnixTimeMilliseconds(), token,
            }));
        work.After.Add(() => open.Add(session));
        work.Tell(site, new SessionStarted(at, InSite(session, called, site?.Snapshot.Layout.TimeZone ?? "UTC")));
        return session;
    }

    private void Identify(Work work, OpenSession session, RegisteredVehicle vehicle)
    {
        var terms = vehicle.Terms.At(session.StartedAt, DateTimeZoneProviders.Tzdb[sites.Of(work.Station)?.Snapshot.Layout.TimeZone ?? "UTC"]);
        var identified = session with { Vehicle = vehicle, Terms = terms };
        work.Sessions[session.TransactionId] = identified;
        work.Projections.Add(new Projection("UPDATE session SET vehicle_id = @Vehicle, terms = @Terms WHERE session_id = @Id",
            new { Id = session.Id.Value, Vehicle = vehicle.Vehicle.Id.Value, Terms = StorageJson.Write(terms) }));
        work.After.Add(() => open.Add(identified));
        work.Tell(sites.Of(work.Station), new TermsChanged(session.StartedAt, session.Id, terms, vehicle.Vehicle, null));
    }

    /// <summary>A late start brings the identity of a session that is over.</summary>
    private void Identify(Work work, SessionRow over, RegisteredVehicle vehicle, TransactionStarted started)
    {
        if (over.Status == "settled") return;
        var terms = vehicle.Terms.At(started.At, DateTimeZoneProviders.Tzdb[sites.Of(work.Station)?.Snapshot.Layout.TimeZone ?? "UTC"]);
        work.Projections.Add(new Projection(
            "UPDATE session SET vehicle_id = @Vehicle, terms = @Terms, started_at = MIN(started_at, @At) WHERE session_id = @Id",
            new { Id = over.SessionId, Vehicle = vehicle.Vehicle.Id.Value, Terms = StorageJson.Write(terms), At = started.At.ToUnixTimeMilliseconds() }));
        work.After.Add(() => settlement.Request(new SessionId(over.SessionId)));
    }

    private void Sample(Work work, MeterSampled sampled)
    {
        var session = sampled.TransactionId is { } id ? Known(work, id) : sampled.Evse is { } number ? open.At(new EvseId(work.Station, number)) : null;
        if (session is null && sampled.TransactionId is { } unknown)
        {
            if (Ended(work.Station, unknown) is { } over)
            {
                Late(work, over, sampled);
                return;
            }

            session = Open(work, new EvseId(work.Station, sampled.Evse ?? 1), unknown, null, sampled.At);
        }

        if (session is not null && sampled.TransactionId is null && sampled.At < session.StartedAt) return; // told late, of the time before this session
        if (session is not null) work.Projections.Add(Reading(session.Id, sampled));
        if ((session?.Evse ?? (sampled.Evse is > 0 and var n ? new EvseId(work.Station, n) : null)) is not { } evse) return;
        work.Tell(sites.Of(work.Station), new Measured(sampled.At, new EvseMeasurement(
            evse, sampled.At, session?.Id, sampled.Power, sampled.ImportWh, sampled.ExportWh, sampled.StateOfCharge) { StateOfChargeNoise = sampled.StateOfChargeNoise }));
    }

    /// <summary>A late value counts for a session that is over while it has no statement: up to its end, or shortly after where the end itself is missing.</summary>
    private void Late(Work work, SessionRow over, MeterSampled sampled)
    {
        var until = over.End + (over.Status == "waitingForMeter" ? LateMax : Duration.Zero);
        if (over.Status == "settled" || sampled.At > until) return; // the journal has it; a statement is not changed
        var id = new SessionId(over.SessionId);
        work.Projections.Add(Reading(id, sampled));
        work.After.Add(() => settlement.Request(id));
    }

    private void End(Work work, TransactionEnded ended)
    {
        if (Known(work, ended.TransactionId) is { } session) Close(work, session, ended.At, ended.Reason);
    }

    private void Need(Work work, NeedsTold needs)
    {
        if (open.At(new EvseId(work.Station, needs.Evse)) is not { } session) return;
        var terms = session.Terms with { Departure = needs.Departure ?? session.Terms.Departure };
        work.Projections.Add(new Projection("UPDATE session SET terms = @Terms WHERE session_id = @Id", new { Id = session.Id.Value, Terms = StorageJson.Write(terms) }));
        var changed = session with { Terms = terms };
        work.After.Add(() => open.Add(changed));
        work.Tell(sites.Of(work.Station), new TermsChanged(needs.At, session.Id, terms, session.Vehicle?.Vehicle, needs.StateOfCharge));
    }

    private void Close(Work work, OpenSession session, Instant at, string? reason = null)
    {
        work.Sessions.Remove(session.TransactionId);
        work.Projections.Add(new Projection("UPDATE session SET ended_at = @At, status = 'closed', stop_reason = @reason WHERE session_id = @Id", new { Id = session.Id.Value, At = at.ToUnixTimeMilliseconds(), reason }));
        work.After.Add(() => open.Remove(session));
        work.Tell(sites.Of(work.Station), new SessionEnded(at, session.Id, session.Evse));
        work.After.Add(() => settlement.Request(session.Id));
    }

    private OpenSession? Known(Work work, string transaction) => work.Sessions.GetValueOrDefault(transaction) ?? open.Find(work.Station, transaction);

    /// <summary>
    /// The transaction of OCPP 1.6 that a stop without its id means: the one open session of the station that began before it, below its register, by that token (any, where none is told). Two that fit are none.
    /// </summary>
    public int? OpenAs(StationId station, string? token, Instant at, decimal registerWh)
    {
        var fitting = store.Query<SessionRow>(
            SessionRow.Select + " WHERE station_id = @Station AND status = 'open' AND started_at <= @At AND (@token IS NULL OR token = @token)", new { Station = station.Value, At = at.ToUnixTimeMilliseconds(), token })
            .Where(s => store.Query<string>("SELECT import_wh FROM reading WHERE session_id = @Id AND import_wh IS NOT NULL", new { Id = s.SessionId }).TrueForAll(wh => decimal.Parse(wh, CultureInfo.InvariantCulture) <= registerWh)).ToList();
        return fitting is [var one] && int.TryParse(one.TransactionId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>Sessions of the EVSE that are over.</summary>
    public long EndedAt(EvseId evse) =>
        store.First<long>("SELECT COUNT(*) FROM session WHERE station_id = @Station AND evse = @Evse AND status <> 'open'", new { Station = evse.Station.Value, Evse = evse.Number });

    /// <summary>Sessions under this transaction id that are over.</summary>
    public long EndedUnder(StationId station, string transaction) =>
        store.First<long>("SELECT COUNT(*) FROM session WHERE station_id = @Station AND transaction_id = @transaction AND status <> 'open'", new { Station = station.Value, transaction });

    /// <summary>A station may use a transaction id again after a reset, and names may run together: every session gets its own identity.</summary>
    private SessionId FreeId(StationId station, string transaction)
    {
        var first = $"{station}:{transaction}";
        for (var n = 1; ; n++)
        {
            var id = n == 1 ? first : $"{first}~{n}";
            if (store.First<long>("SELECT COUNT(*) FROM session WHERE session_id = @id", new { id }) == 0) return new SessionId(id);
        }
    }

    /// <summary>The latest session under this transaction id, where it is over.</summary>
    private SessionRow? Ended(StationId station, string transaction) => store.First<SessionRow>(
        SessionRow.Select + " WHERE station_id = @Station AND transaction_id = @transaction AND status <> 'open' ORDER BY started_at DESC", new { Station = station.Value, transaction });

    private static Projection Reading(SessionId session, MeterSampled sample) => new(
        """
        INSERT INTO reading (session_id, at, import_wh, export_wh, power_w, soc, clock) VALUES (@Session, @At, @Import, @Export, @Power, @Soc, @Clock)
        ON CONFLICT DO UPDATE SET import_wh = COALESCE(excluded.import_wh, import_wh), export_wh = COALESCE(excluded.export_wh, export_wh),
          power_w = COALESCE(excluded.power_w, power_w), soc = COALESCE(excluded.soc, soc)
        """,
        new
        {
            Session = session.Value, At = sample.At.ToUnixTimeMilliseconds(), Import = sample.ImportWh?.ToString(CultureInfo.InvariantCulture),
            Export = sample.ExportWh?.ToString(CultureInfo.InvariantCulture), Power = sample.Power?.Watts, Soc = sample.StateOfCharge?.Fraction,
            sample.Clock,
        });

    internal static ChargingSession InSite(OpenSession session, CalledEnergies called, string timeZone) =>
        new(session.Id, session.TransactionId, session.Evse, session.Vehicle?.Vehicle, session.Terms, session.StartedAt, null)
        {
            CalledBefore = session.Vehicle is { } vehicle ? called.Of(vehicle.Vehicle.Id, session.StartedAt, timeZone) : default,
        };

    private sealed class Work(StationId station)
    {
        internal StationId Station => station;

        internal List<Projection> Projections { get; } = [];

        internal List<Action> After { get; } = [];

        internal Dictionary<string, OpenSession> Sessions { get; } = [];

        internal void Tell(ISite? site, SiteInput input)
        {
            if (site is not null) After.Add(() => site.Post(input));
        }
    }
}
