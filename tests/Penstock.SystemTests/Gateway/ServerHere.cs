using Microsoft.AspNetCore.Builder;
using Penstock.Server.Hosting;
using Penstock.Server.Security;

namespace Penstock.SystemTests.Gateway;

/// <summary>The server in this process on a clock that runs faster than ours; the sockets are real.</summary>
internal sealed class ServerHere : IAsyncDisposable
{
    private readonly WebApplication app;

    private ServerHere(WebApplication app, FastClock clock) => (this.app, Clock) = (app, clock);

    internal FastClock Clock { get; }

    internal string Address => app.Urls.First().Replace("http:", "ws:", StringComparison.Ordinal);

    /// <summary>Of the station ports, where they are configured: wss, and ws for stations alone.</summary>
    internal string TlsAddress => app.Urls.Single(u => u.StartsWith("https:", StringComparison.Ordinal)).Replace("https:", "wss:", StringComparison.Ordinal);

    internal string StationAddress => app.Urls.Where(u => u.StartsWith("http:", StringComparison.Ordinal)).ElementAt(1).Replace("http:", "ws:", StringComparison.Ordinal);

    internal static async Task<ServerHere> StartAsync(string data, double speed, CancellationToken cancel, SecurityOptions? security = null, Func<ServerOptions, ServerOptions>? change = null)
    {
        var clock = new FastClock(speed);
        var app = PenstockServer.Build((change ?? (o => o))(new ServerOptions { Data = data, Port = 0, ClockSpeed = speed, Security = security ?? new SecurityOptions() }), clock, quiet: true);
        await app.StartAsync(cancel);
        return new ServerHere(app, clock);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(TestContext.Current.CancellationToken); // disposing alone is reported as a crash of the background services
        await app.DisposeAsync();
    }
}

/// <summary>System time, faster by a factor from now on.</summary>
internal sealed class FastClock(double speed) : TimeProvider
{
    private readonly DateTimeOffset start = System.GetUtcNow();
    private readonly long from = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => start + (System.GetElapsedTime(from) * speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, Faster(dueTime), Faster(period));

    private TimeSpan Faster(TimeSpan time) => time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Max(1, time.TotalMilliseconds / speed));
}
