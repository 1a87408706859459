using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.V2x;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;

namespace Penstock.Server.V2x;

/// <summary>
/// Sees when a session's permission to discharge changes (consent given or withdrawn, permission of the grid, a vehicle identified late) and has its services renegotiated. Power
/// follows the permission at once by the dispatcher; the renegotiation takes seconds and may fail.
/// </summary>
internal sealed class V2xWatch(V2xDesk desk, SiteDirectory sites, ServerOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>A session is renegotiated at most this often.</summary>
    internal static readonly Duration RenegotiateEvery = Duration.FromMinutes(1);

    private Dictionary<SessionId, Told> told = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ControlSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Look(time.Now());
    }

    /// <summary>Sessions whose vehicle told its needs: only they have a negotiation to take up again. What held when it told them is what it knows.</summary>
    private void Look(Instant now)
    {
        var next = new Dictionary<SessionId, Told>();
        foreach (var site in sites.All.Select(s => s.Snapshot))
        {
            foreach (var evse in site.Evses.Values)
            {
                if (evse.Session is not { Needs: { } needs } session) continue;
                var allowed = AllowedTransfers.Under(DischargePermission.Of(site.Layout, evse.Layout, session));
                var known = told.GetValueOrDefault(session.Id) ?? new Told(needs, allowed.Length, Instant.MinValue);
                if (known.Needs.ToldAt != needs.ToldAt) known = known with { Needs = needs, Services = allowed.Length };
                next[session.Id] = known;
                if (known.Services == allowed.Length || !evse.Online || now - known.At < RenegotiateEvery) continue;
                next[session.Id] = known with { At = now };
                _ = TellAsync(evse.Layout.Id, session, allowed);
            }
        }

        Volatile.Write(ref told, next);
    }

    private async Task TellAsync(EvseId evse, ChargingSession session, System.Collections.Immutable.ImmutableArray<EnergyTransfer> allowed)
    {
        if (!await desk.RenegotiateAsync(evse, session.TransactionId, allowed)) return;
        if (Volatile.Read(ref told).TryGetValue(session.Id, out var known)) known.Services = allowed.Length;
    }

    /// <param name="Needs">Of the negotiation that is known.</param>
    /// <param name="At">When it was last taken up.</param>
    private sealed record Told(VehicleNeeds Needs, int Services, Instant At)
    {
        /// <summary>Number of services that the vehicle was told: all, or those that only charge.</summary>
        internal int Services { get; set; } = Services;
    }
}
