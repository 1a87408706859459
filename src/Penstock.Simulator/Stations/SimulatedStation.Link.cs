using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Penstock.Ocpp;
using Penstock.Ocpp.Rpc;
using Penstock.Simulator.Stations.Device;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>How a station proves who it is and whom it trusts.</summary>
/// <param name="Password">Basic authentication with the station's id as the user; null = none.</param>
/// <param name="Authority">The only root that it trusts; null = those of the machine.</param>
/// <param name="Own">Its certificate with its key, for mutual TLS; null = none.</param>
public sealed record StationCredentials(string? Password = null, X509Certificate2? Authority = null, X509Certificate2? Own = null)
{
    public static StationCredentials None { get; } = new();
}

/// <summary>The link: connects, boots, says what waits, answers.</summary>
public sealed partial class SimulatedStation
{
    private readonly List<WebSocket> abandoned = [];
    private StationDialect? dialect;
    private WebSocket? link;
    private DateTimeOffset? offlineSince;
    private V21.BootReason bootReason = V21.BootReason.PowerUp;
    private List<Action>? held;
    private List<Action>? answeredThen;
    private int unanswered;
    private int requests;
    private int messages;
    private int boots;

    /// <summary>Connected and accepted at this moment.</summary>
    public bool Online => offlineSince is null;

    /// <summary>Connections that were opened so far.</summary>
    public int Links => boots;

    /// <summary>The network as the station left the factory.</summary>
    internal Network Factory => new(0, new Uri(Address, Path), Model.Id.Value, Address.Scheme == "wss" ? Credentials.Own is null ? 2 : 3 : Credentials.Password is null ? 0 : 1, Credentials.Password);

    /// <summary>Connects, and connects again after 1, 2, 4 ... 60 s, until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            try
            {
                await ConnectAsync(stop);
                attempt = 0;
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
            {
                lock (gate) if (!stop.IsCancellationRequested) device?.Networks.Failed(); // the world: no link
            }

            // before its first boot the simulated clock may not run yet
            var wait = TimeSpan.FromSeconds(Math.Min(BackOffMax.TotalSeconds, 1 << Math.Min(attempt, 6)));
            await Task.Delay(wait, booted.Task.IsCompleted ? time : TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var socket in abandoned) socket.Dispose();
    }

    /// <summary>Drops the link and boots anew; what runs goes on, what waits is said afterwards.</summary>
    internal void Reboot(V21.BootReason reason) => After(() =>
    {
        bootReason = reason;
        Device.Networks.Booting();
        link?.Abort();
    });

    /// <summary>Work of a command that takes its time: a transfer.</summary>
    internal void Begin(Func<Task> job) => After(() => _ = Task.Run(job).ContinueWith(t => t.Exception is { } e ? e : null, TaskScheduler.Default));

    internal Task DelayAsync(TimeSpan wait, CancellationToken cancel) => Task.Delay(wait, time, cancel).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private void After(Action action)
    {
        lock (gate)
        {
            if (held is { } waiting) waiting.Add(action);
            else action();
        }
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        var client = new ClientWebSocket();
        client.Options.AddSubProtocol(Subprotocol.Name(Model.Version));
        await client.ConnectAsync(Prove(client.Options), stop);
        var wire = faults.OnTheWire ? new FaultySocket(client, faults) : null;
        WebSocket socket = link = (WebSocket?)wire ?? client;
        unanswered = 0;
        boots++;
        var prefix = faults.SameIdsEachBoot || faults.NumericIds ? "" : $"{began.ToUnixTimeSeconds():x}.{boots:x}.";
        var connection = new OcppConnection(socket, Model.Version, AnswerAsync, TimeProvider.System, new ConnectionOptions(), Seen, prefix);
        var speaker = dialect = Model.Version == OcppVersion.V16 ? new Dialect16(connection) : new Dialect2x(connection);
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = connection.RunAsync(session.Token);
        var speaking = SpeakAsync(speaker, session.Token);
        var dead = wire?.Dead ?? Task.Delay(Timeout.Infinite, session.Token);
        try
        {
            await Task.WhenAny(running, speaking, dead); // whichever breaks: the link begins anew
        }
        finally
        {
            outbox.Online(false);
            lock (gate) offlineSince ??= Now;
            (dialect, link) = (null, null);
            await session.CancelAsync();
            if (wire?.Dead.IsCompleted == true) abandoned.Add(client); // its end stays open
            else client.Dispose();
            await Task.WhenAll(running, speaking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Released();
        }
    }

    /// <summary>Who the station is and whom it trusts, as it was told last; where it connects to.</summary>
    private Uri Prove(ClientWebSocketOptions options)
    {
        lock (gate)
        {
            var network = device?.Networks.Next ?? Factory;
            if (network.Password is { } password && network.SecurityProfile < 3) options.SetRequestHeader("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{network.Identity}:{password}"))}");
            if (network.SecurityProfile == 3 && (device?.Networks.Own ?? Credentials.Own) is { } own) options.ClientCertificates = [own];
            X509Certificate2Collection roots = [.. device?.Certificates.CentralRoots ?? [], .. Credentials.Authority is { } authority ? [authority] : Array.Empty<X509Certificate2>()];
            if (roots.Count > 0) options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Trusted(roots, certificate, chain, errors);
            return network.Full;
        }
    }

    private async Task SpeakAsync(StationDialect speaker, CancellationToken stop)
    {
        await BootAsync(speaker, stop);
        foreach (var outlet in outlets) await speaker.StatusAsync(outlet.Evse, StatusOf(outlet), outlet.Session is not null, At(Now));
        lock (gate)
        {
            if (offlineSince is { } since) foreach (var outlet in outlets) outlet.Profiles.BackOnline(since, Now);
            offlineSince = null;
            device?.Networks.Accepted();
            if (bootReason == V21.BootReason.RemoteReset) foreach (var outlet in outlets) if (outlet.Session is { } resumed) Sample(outlet, resumed, Now, periodic: false, V21.TriggerReason.TxResumed);
            bootReason = V21.BootReason.PowerUp;
        }

        outbox.Online(true);
        booted.TrySetResult();
        while (!stop.IsCancellationRequested)
        {
            var message = await outbox.NextAsync(stop);
            if (!await message.SayAsync(speaker))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
                continue;
            }

            if (faults.Repeats && ++messages % 5 == 0) await message.SayAsync(speaker);
            outbox.Said(message);
        }
    }

    private async Task BootAsync(StationDialect speaker, CancellationToken stop)
    {
        while (true)
        {
            var answer = await speaker.BootAsync(Model, device?.Files.FirmwareVersion ?? "1.0", bootReason);
            if (answer is { Interval: var interval } && interval > TimeSpan.Zero) heartbeat = interval;
            if (answer is { Accepted: true }) return;
            stop.ThrowIfCancellationRequested();
            await bootAsked.WaitAsync(answer is null ? TimeSpan.FromSeconds(1) : answer.Interval > TimeSpan.Zero ? answer.Interval : TimeSpan.FromSeconds(10), stop);
        }
    }

    /// <summary>How long a charger that cannot take two requests at once works on one.</summary>
    private static readonly TimeSpan Thinking = TimeSpan.FromMilliseconds(50);

    private async ValueTask<OcppAnswer> AnswerAsync(IncomingCall call, CancellationToken cancel)
    {
        if (faults.DropsOnConcurrentCalls) await Task.Delay(Thinking, TimeProvider.System, cancel); // a slow charger: the second request comes while it thinks
        if (faults.AnswersAfter > TimeSpan.Zero) await Task.Delay(faults.AnswersAfter, TimeProvider.System, cancel);
        lock (gate)
        {
            if (faults.ErrorShare > 0 && chance.NextDouble() < faults.ErrorShare) return OcppAnswer.Error(OcppError.InternalError, "a simulated fault");
            if (faults.AcceptsAll) return AcceptedAll(call);
            held = [];
            try
            {
                return Calls.Answer(Device, call);
            }
            finally
            {
                (answeredThen, held) = (held, null);
            }
        }
    }

    /// <summary>As a station that just left the factory would answer, and never Rejected; that station is thrown away with what it was told.</summary>
    private OcppAnswer AcceptedAll(IncomingCall call)
    {
        var other = new SimulatedStation(Model, Address, time, new StationWork(), (int)meterSeconds, 0) { held = [] };
        var answer = Calls.Answer(other.Device, call);
        if (answer.Bytes is not { } bytes || JsonNode.Parse(bytes) is not JsonObject said || said["status"]?.GetValue<string>() != "Rejected") return answer;
        said["status"] = "Accepted";
        said.Remove("statusInfo");
        return OcppAnswer.Stored(Encoding.UTF8.GetBytes(said.ToJsonString()));
    }

    private void Seen(string direction, ReadOnlyMemory<byte> frame)
    {
        work.Frame();
        var kind = Kind(frame.Span);
        if (direction == "in" && kind == '2')
        {
            if (Interlocked.Increment(ref unanswered) > 1 && faults.DropsOnConcurrentCalls) link?.Abort();
            if (++requests == faults.HalfOpenAtCommand) (link as FaultySocket)?.Die();
        }
        else if (direction == "out" && kind is '3' or '4')
        {
            Interlocked.Decrement(ref unanswered);
            Released();
        }
    }

    /// <summary>The answer is on the wire: what it brings about may follow.</summary>
    private void Released()
    {
        if (Interlocked.Exchange(ref answeredThen, null) is not { Count: > 0 } actions) return;
        lock (gate) foreach (var action in actions) action();
    }

    /// <summary>The message type: the first digit of a frame.</summary>
    private static char Kind(ReadOnlySpan<byte> frame)
    {
        foreach (var b in frame[..Math.Min(8, frame.Length)]) if (b is >= (byte)'0' and <= (byte)'9') return (char)b;
        return ' ';
    }

    private static bool Trusted(X509Certificate2Collection roots, X509Certificate? certificate, X509Chain? chain, System.Net.Security.SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using var own = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        if (chain is not null) foreach (var element in chain.ChainElements) own.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var leaf = new X509Certificate2(certificate);
        return own.Build(leaf);
    }
}
