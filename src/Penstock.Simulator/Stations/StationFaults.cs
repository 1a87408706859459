namespace Penstock.Simulator.Stations;

/// <summary>What is wrong with a simulated station: faults that were seen in the field, to be tried. All off by default.</summary>
public sealed record StationFaults
{
    public static StationFaults None { get; } = new();

    /// <summary>It accepts setpoints and charges at full power all the same.</summary>
    public bool Disobeys { get; init; }

    /// <summary>The state of charge comes in whole percents, up to two beside the truth.</summary>
    public bool StateOfChargeNoise { get; init; }

    /// <summary>Its clock began at 1970 and was never set.</summary>
    public bool ClockAt1970 { get; init; }

    /// <summary>One reading of the registers lies 500 Wh below the one before.</summary>
    public bool MeterRunsBackwards { get; init; }

    /// <summary>Says every fifth message twice.</summary>
    public bool Repeats { get; init; }

    /// <summary>The link breaks once, while this command (counted from 1) is being obeyed and before it is answered; 0 = never.</summary>
    public int LinkBreaksAtCommand { get; init; }
}
