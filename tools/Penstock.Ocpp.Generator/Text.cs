using System.Text;
using System.Text.Json;

namespace Penstock.Ocpp.Generator;

internal static class Text
{
    /// <summary>"limit_L2" -> "Limit_L2", "chargePointModel" -> "ChargePointModel".</summary>
    internal static string Pascal(string wire) => char.ToUpperInvariant(wire[0]) + wire[1..];

    /// <summary>A legal C# name for an enum value: "Energy.Active.Import.Register" -> EnergyActiveImportRegister, "L1-N" -> L1N.</summary>
    internal static string Member(string wire)
    {
        var name = new StringBuilder();
        var upper = true;
        foreach (var c in wire)
        {
            if (!char.IsAsciiLetterOrDigit(c)) { upper = true; continue; }
            name.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? "_" + name : name.ToString();
    }

    internal static string Camel(string pascal) => JsonNamingPolicy.CamelCase.ConvertName(pascal);
}
