using System.Diagnostics;

namespace Penstock.Simulator.Clock;

/// <summary>
/// A clock that moves in steps of simulated time and waits before each next step until the world is quiet: simulated time never outruns the platform. Timers made
/// through it fire at their simulated due times.
/// </summary>
/// <param name="speed">Simulated seconds per wall second, 1 to 3600; never faster, also not to make up for a wait.</param>
/// <exception cref="ArgumentOutOfRangeException">The speed is not 1 to 3600.</exception>
public sealed class StepClock(DateTimeOffset start, double speed) : TimeProvider
{
    private readonly double speed = speed is >= 1 and <= 3600 ? speed : throw new ArgumentOutOfRangeException(nameof(speed), speed, "A clock's speed is 1 to 3600.");
    private readonly Lock gate = new();
    private readonly PriorityQueue<StepTimer, (long Due, long Order)> timers = new();
    private long nowTicks = start.UtcTicks;
    private long order;

    /// <summary>Called after the timers of each step, in the clock's own loop.</summary>
    public event Action? Stepped;

    /// <summary>Simulated seconds per wall second that were reached so far; null before the first step.</summary>
    public double? RealTimeFactor { get; private set; }

    /// <summary>Delays of the operating system's timer are made up for, longer waits are not.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);

    /// <summary>Length of a step: a tenth of a wall second at full speed, 1 to 30 s.</summary>
    public TimeSpan Step { get; } = TimeSpan.FromSeconds(Math.Clamp(speed * 0.1, 1, 30));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref nowTicks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref nowTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StepTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs to <paramref name="until"/>.</summary>
    /// <param name="quiet">True when nothing that belongs to the moment is still on its way.</param>
    public async Task RunAsync(DateTimeOffset until, Func<bool> quiet, CancellationToken cancel)
    {
        var wall = Stopwatch.StartNew();
        var from = GetUtcNow();
        var next = TimeSpan.Zero;
        while (GetUtcNow() < until && !cancel.IsCancellationRequested)
        {
            var before = GetUtcNow();
            AdvanceTo(Math.Min(until.UtcTicks, before.UtcTicks + Step.Ticks));
            Stepped?.Invoke();
            await SettleAsync(quiet, cancel);
            next += (GetUtcNow() - before) / speed;
            if (next < wall.Elapsed - Slack) next = wall.Elapsed - Slack; // time that was lost is not made up for
            var ahead = next - wall.Elapsed;
            if (ahead > TimeSpan.FromMilliseconds(2)) await Task.Delay(ahead, System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var elapsed = GetUtcNow() - from;
            RealTimeFactor = elapsed.TotalSeconds / Math.Max(1e-3, wall.Elapsed.TotalSeconds);
        }
    }

    /// <summary>Waits until the world was quiet twice in a row: a continuation that a timer woke may not have begun yet.</summary>
    public static async Task SettleAsync(Func<bool> quiet, CancellationToken cancel)
    {
        for (var seen = 0; seen < 2 && !cancel.IsCancellationRequested;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            seen = quiet() ? seen + 1 : 0;
        }
    }

    private void AdvanceTo(long target)
    {
        while (Due(target) is { } timer) timer.Fire();
        Interlocked.Exchange(ref nowTicks, target);
    }

    private StepTimer? Due(long target)
    {
        lock (gate)
        {
            while (timers.TryPeek(out var timer, out var at) && at.Due <= target)
            {
                timers.Dequeue();
                if (timer.Order != at.Order) continue; // changed or disposed since
                Interlocked.Exchange(ref nowTicks, Math.Max(nowTicks, at.Due));
                return timer;
            }

            return null;
        }
    }

    private void Schedule(StepTimer timer, TimeSpan due)
    {
        lock (gate)
        {
            timer.Order = ++order;
            if (due != Timeout.InfiniteTimeSpan) timers.Enqueue(timer, (nowTicks + Math.Max(0, due.Ticks), timer.Order));
        }
    }

    private sealed class StepTimer(StepClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan repeat = Timeout.InfiniteTimeSpan;
        private volatile bool disposed;

        internal long Order { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (disposed) return false;
            repeat = period;
            clock.Schedule(this, dueTime);
            return true;
        }

        public void Dispose()
        {
            Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            disposed = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire()
        {
            if (repeat > TimeSpan.Zero) clock.Schedule(this, repeat);
            callback(state);
        }
    }
}
