using System.Collections.Immutable;

namespace Penstock.Core.V2x;

/// <summary>Energy services of ISO 15118-20 in the words of OCPP 2.1 (EnergyTransferModeEnumType); BPT is bidirectional power transfer.</summary>
public enum EnergyTransfer
{
    AcSinglePhase, AcTwoPhase, AcThreePhase, Dc, AcBpt, AcBptDer, AcDer, DcBpt, DcAcdp, DcAcdpBpt, Wpt,
}

/// <summary>Which services a session may use: all that only charge, and the bidirectional ones where the session may come to discharge.</summary>
public static class AllowedTransfers
{
    private static readonly ImmutableArray<EnergyTransfer> All = [.. Enum.GetValues<EnergyTransfer>()];

    private static readonly ImmutableArray<EnergyTransfer> Charging = [.. All.Where(t => !IsBidirectional(t))];

    public static bool IsBidirectional(EnergyTransfer transfer) => transfer is EnergyTransfer.AcBpt or EnergyTransfer.AcBptDer or EnergyTransfer.DcBpt or EnergyTransfer.DcAcdpBpt;

    /// <summary>A floor that was touched or a departure that is not told yet takes no service away: both change from minute to minute, and each change would be a renegotiation.</summary>
    public static ImmutableArray<EnergyTransfer> Under(DischargePermission permission) => permission.MayComeToHold ? All : Charging;
}
