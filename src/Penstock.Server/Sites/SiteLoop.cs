using System.Threading.Channels;
using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Gateway;

namespace Penstock.Server.Sites;

/// <summary>What a site loop needs from outside.</summary>
/// <param name="Replan">Asks for a new plan, with the reason.</param>
/// <param name="Failed">Told when the loop caught a fault; the loop goes on.</param>
public sealed record SiteSurroundings(IStationCommands Commands, WorkInFlight Work, Action<SiteId, string> Replan, Action<SiteId, Exception> Failed);

/// <summary>One writer per site: applies inputs in order, dispatches on every tick, publishes the state.</summary>
public sealed class SiteLoop : ISite, IAsyncDisposable
{
    /// <summary>Inputs that may wait; above it telemetry is dropped and counted (the journal has it), commands and sessions never.</summary>
    public const int InboxMax = 8192;

    /// <summary>A setpoint is said again this long after the last acceptance, well within the dead-man time.</summary>
    public static readonly Duration RepeatAfter = Duration.FromSeconds(100);

    /// <summary>Smaller changes are not worth a message.</summary>
    public static readonly Power ChangeWorthSaying = Power.FromWatts(10);

    private readonly Channel<SiteInput> inbox = Channel.CreateUnbounded<SiteInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SiteSurroundings around;
    private readonly Task running;
    private readonly HashSet<EvseId> unsaid = []; // accepted on a link that is gone: a reset may have lost it
    private SiteState state;
    private long dropped;
    private int waiting;

    public SiteLoop(SiteState initial, SiteSurroundings around)
    {
        (state, this.around) = (initial, around);
        running = Task.Run(RunAsync);
    }

    public SiteId Id => Snapshot.Layout.Id;

    public SiteState Snapshot => Volatile.Read(ref state);

    /// <summary>The result of the latest tick; null before the first.</summary>
    public DispatchResult? LastDispatch { get; private set; }

    public long Dropped => Interlocked.Read(ref dropped);

    public void Post(SiteInput input)
    {
        if (Volatile.Read(ref waiting) >= InboxMax && input is Measured)
        {
            Interlocked.Increment(ref dropped);
            return;
        }

        Interlocked.Increment(ref waiting);
        around.Work.Begin();
        if (!inbox.Writer.TryWrite(input)) Finished();
    }

    public async ValueTask DisposeAsync()
    {
        inbox.Writer.TryComplete();
        await running;
    }

    private void Finished()
    {
        Interlocked.Decrement(ref waiting);
        around.Work.End();
    }

    private async Task RunAsync()
    {
        await foreach (var input in inbox.Reader.ReadAllAsync())
        {
            try
            {
                if (input is ControlTick) Tick(input.At);
                else Apply(input);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                around.Failed(Id, e);
            }
            finally
            {
                Finished();
            }
        }
    }

    private void Apply(SiteInput input)
    {
        var before = state;
        Volatile.Write(ref state, SiteReducer.Apply(before, input));
        if (input is StationConnected back) unsaid.UnionWith(state.Evses.Keys.Where(e => e.Station == back.Station));
        if (input is SetpointAccepted said) unsaid.Remove(said.Evse);
        if (Trigger(before, input) is { } trigger) around.Replan(Id, trigger);
    }

    private void Tick(Instant now)
    {
        var result = Dispatcher.Dispatch(state, now);
        LastDispatch = result;
        var before = state;
        Volatile.Write(ref state, SiteReducer.Apply(before, new SetpointsMade(now, result.Setpoints)));
        foreach (var setpoint in result.Setpoints)
        {
            if (before.Evses.TryGetValue(setpoint.Evse, out var evse) && evse is { Session: { } session, Online: true } && MustSay(evse, setpoint, now)) around.Commands.Send(session.Id, setpoint);
        }

        foreach (var (evse, session, remedy) in Remedies.Due(state, now))
        {
            Volatile.Write(ref state, SiteReducer.Apply(state, new RemedyTaken(now, evse, remedy)));
            around.Commands.Try(session, evse, remedy);
        }
    }

    private bool MustSay(EvseState evse, Setpoint setpoint, Instant now) =>
        unsaid.Contains(setpoint.Evse) || evse.AcceptedSetpoint is not { } accepted || evse.AcceptedAt is not { } at || now - at >= RepeatAfter || (accepted - setpoint.Power).Magnitude >= ChangeWorthSaying;

    /// <summary>Why an input asks for a new plan; null when it does not.</summary>
    private string? Trigger(SiteState before, SiteInput input) => input switch
    {
        SessionStarted => "arrival",
        SessionEnded => "departure",
        TermsChanged => "terms",
        InstructionReceived => "gridEvent",
        InstructionAborted => "gridEventAborted",
        LayoutChanged => "layout",
        Measured(_, { Evse: var evse, StateOfCharge: not null }) when before.Evses.GetValueOrDefault(evse)?.Session is { StateOfCharge: null, Vehicle: not null } => "stateOfCharge",
        _ => null,
    };
}

/// <summary>Time for the dispatcher; changes no state by itself.</summary>
public sealed record ControlTick(Instant At) : SiteInput(At);
