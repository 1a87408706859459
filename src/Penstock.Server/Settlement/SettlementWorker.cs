using System.Threading.Channels;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Server.Fleet;
using Penstock.Server.GridEvents;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Settlement;

/// <summary>Turns closed sessions into statements. A session whose registers are not complete waits and names what it waits for.</summary>
public sealed class SettlementWorker(SqlStore store, FleetRegister fleet, EventTable events, Tariff tariff, WorkInFlight work, TimeProvider time, ILogger<SettlementWorker> log) : BackgroundService
{
    private readonly Channel<SessionId> queue = Channel.CreateUnbounded<SessionId>(new UnboundedChannelOptions { SingleReader = true });

    public void Request(SessionId session)
    {
        work.Begin();
        queue.Writer.TryWrite(session);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var left in store.Query<string>("SELECT session_id FROM session WHERE status = 'closed'")) Request(new SessionId(left));
        await foreach (var session in queue.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                Settle(session);
            }
            catch (Microsoft.Data.Sqlite.SqliteException e)
            {
                SettlementLog.Failed(log, session.Value, e);
                _ = AgainAsync(session, stoppingToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                SettlementLog.Failed(log, session.Value, e);
            }
            finally
            {
                work.End();
            }
        }
    }

    /// <summary>A disk that takes nothing now may take it later.</summary>
    private async Task AgainAsync(SessionId session, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromMinutes(1), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stop.IsCancellationRequested) Request(session);
    }

    private void Settle(SessionId id)
    {
        if (store.First<SessionRow>(SessionRow.Select + " WHERE session_id = @Id", new { Id = id.Value }) is not { Status: "closed" or "waitingForMeter", End: { } end } session) return;
        var rows = store.Query<ReadingRow>(ReadingRow.Select + " WHERE session_id = @Id", new { Id = id.Value });
        var registers = ReadingRow.Registers(rows);
        var known = session.Vehicle is { } driven ? fleet.Find(driven) : null;
        store.Execute("UPDATE session SET guarantee = @kept WHERE session_id = @Id", new { Id = id.Value, kept = Guarantee.Of(session, rows, known?.Vehicle) });
        if ((Missing(session, registers, end) ?? Beyond(session, registers, end, known?.Vehicle)) is { } missing)
        {
            store.Execute("UPDATE session SET status = 'waitingForMeter', waiting_for = @missing WHERE session_id = @Id", new { Id = id.Value, missing });
            return;
        }

        if (known is not { } vehicle)
        {
            store.Execute("UPDATE session SET status = 'waitingForMeter', waiting_for = 'vehicle' WHERE session_id = @Id", new { Id = id.Value });
            return;
        }

        var stay = new Interval(session.Start, Instant.Max(end, session.Start));
        var mine = events.All.Where(e => e.State != EventStates.Refused && e.Touches(session.Site, stay)).Select(e => e.Instruction);
        var statement = Settler.Settle(new SettlementCase(
            id, vehicle.Vehicle.Owner, vehicle.Vehicle.Id, stay, IntervalMeter.Cut(registers, TimeGrid.QuarterHour), tariff, vehicle.Contract, [.. mine]));
        Store(statement, registers);
    }

    private void Store(Statement statement, IReadOnlyList<RegisterReading> registers)
    {
        var now = time.Now();
        var view = Api.StatementView.Of(statement, registers, now, tariff.Zone.Id);
        store.Execute(
            """
            INSERT INTO statement (statement_id, session_id, vehicle_id, owner_id, issued_at, total, body) VALUES (@Id, @Session, @Vehicle, @Owner, @At, @Total, @Body) ON CONFLICT (session_id) DO NOTHING;
            UPDATE session SET status = 'settled', waiting_for = NULL WHERE session_id = @Session
            """,
            new { Id = view.StatementId, Session = statement.Session.Value, Vehicle = statement.Vehicle.Value, Owner = statement.Owner.Value, At = now.ToUnixTimeMilliseconds(), Total = view.Total.Amount, Body = StorageJson.Write(view) });
    }

    /// <summary>Energy that no vehicle of this kind can have moved in the stay is a lying meter and needs a person.</summary>
    private static string? Beyond(SessionRow session, IReadOnlyList<RegisterReading> registers, Instant end, Core.Fleet.Vehicle? vehicle)
    {
        if (vehicle is null) return null;
        var (import, export) = RegisterLine.Moved(registers);
        var hours = Math.Max(0, (end - session.Start).TotalHours);
        var (most, least) = (vehicle.Capacity.WattHours + (1.5 * hours * vehicle.ChargeMax.Watts), vehicle.Capacity.WattHours + (1.5 * hours * vehicle.DischargeMax.Watts));
        return (double)import > most ? FormattableString.Invariant($"a check of the meter: {import / 1000:0.#} kWh taken, at most {most / 1000:0.#} kWh can be")
            : (double)export > least ? FormattableString.Invariant($"a check of the meter: {export / 1000:0.#} kWh given, at most {least / 1000:0.#} kWh can be") : null;
    }

    /// <summary>What a statement still needs: a register at the start and one at the end, each within five minutes.</summary>
    private static string? Missing(SessionRow session, IReadOnlyList<RegisterReading> registers, Instant end)
    {
        var near = Duration.FromMinutes(5);
        if (registers.Count == 0 || registers[0].At > session.Start + near) return $"import register at {session.Start}";
        return registers[^1].At < end - near ? $"import register at {end}" : null;
    }
}

internal static partial class SettlementLog
{
    [LoggerMessage(1301, LogLevel.Error, "Session {Session} could not be settled; it stays open")]
    internal static partial void Failed(ILogger logger, string session, Exception cause);
}
