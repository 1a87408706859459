using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Units;

namespace Penstock.Core.Settlement;

public enum StatementLineKind
{
    TariffCost, ExportCredit, EventSubsidy, ServiceFee, AggregatorShare, WearInformation,
}

/// <summary>One tier of a statement. <paramref name="Amount"/> is what the owner receives (positive) or pays (negative), rounded once to fen.</summary>
/// <param name="Informational">Shown, not in the total: battery wear.</param>
public sealed record StatementLine(
    StatementLineKind Kind, Band? Band, GridEventId? Event, decimal QuantityWh, EnergyPrice Price, Money Amount, string Rule, string Evidence, bool Informational);

/// <summary>One leg of a posting; a statement's legs sum to zero. Positive is a credit to the account.</summary>
public sealed record Posting(string Account, Money Amount);

/// <summary>What one session earned its owner, every line with its rule and evidence.</summary>
public sealed record Statement(
    SessionId Session, OwnerId Owner, VehicleId Vehicle, Interval Stay, string TariffVersion,
    ImmutableArray<StatementLine> Lines, Money Total, ImmutableArray<Posting> Postings, int Intervals, int EstimatedIntervals);
